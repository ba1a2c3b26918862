import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { living, token } from '../faults/steps.js';
import { useApp } from '../support/app.js';
import { root } from '../support/build.js';
import type { Client } from '../support/client.js';
import { inSession, readKey, storeKey } from '../support/keyring.js';
import { until } from '../support/until.js';
import {
  data,
  execute,
  lastExecution,
  makeJob,
  makeProject,
  outputOf,
  reached,
  runJob,
  type Json,
} from './steps.js';

const main = join(root, 'dist/bundle/main.js');
const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const asRoot = process.getuid?.() === 0;
// a copy of the sources in a folder of root's is out of reach for others
const canBeNobody = asRoot && spawnSync('setpriv', [...nobody.slice(1), 'test', '-r', main]).status === 0;

const users: [string, boolean][] = [['the one who runs the tests', false]];
if (canBeNobody) users.push(['an ordinary user', true]);

describe.each(inject('namespaces') ? users : [])('isolated commands of a server of %s', (_user, ordinary) => {
  const folder = mkdtempSync('/tmp/millrace-data-');
  // a folder of data that is named by a link, or one that lies in another hidden folder
  const above = join(folder, ordinary ? 'release' : 'workspaces');
  const dataDir = join(ordinary ? join(folder, 'link') : above, 'data');
  chmodSync(folder, 0o755);
  mkdirSync(join(above, 'data'), { recursive: true });
  if (ordinary) {
    chownSync(join(above, 'data'), 65534, 65534);
    symlinkSync(above, join(folder, 'link'));
  }
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const secret = 'a secret of the tests that nobody may see';
  const app = useApp({
    env: {
      EXECUTOR_ISOLATION: 'bubblewrap',
      EXECUTOR_TMP_SIZE: '8MB',
      CANCEL_GRACE_SECONDS: '1',
      DATA_DIR: dataDir,
      WORKSPACE_ROOT: ordinary ? undefined : above,
      // what lies in what is shown is not shown with it
      EXECUTOR_READABLE_PATHS: `${folder},${root}`,
      JWT_SECRET: secret,
    },
    command: [
      ...(ordinary ? nobody : []),
      ...inSession('operators', 'a key of the operator'),
      process.execPath,
      main,
    ],
  });
  let owner: Client;
  let project: Json;
  beforeAll(async () => {
    owner = app.admin;
    project = await makeProject(owner);
  });

  /** Runs what validate warns of, with good reason. */
  async function runUnsafe(command: string, status: string, fields = {}): Promise<Json> {
    const job = await makeJob(owner, project, command, fields);
    await execute(owner, job, { options: { allow_unsafe: true } });
    await reached(owner, job, status);
    return lastExecution(owner, job);
  }

  test('cannot access the server', async () => {
    const command = `id -u; env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'
      ls ${dataDir} ${root} 2>&1; find ${folder} ${root} -type f 2>&1
      ls /proc | grep -c '^[0-9]'; for fd in /proc/self/fd/*; do readlink $fd; done; true`;
    const execution = await runJob(owner, project, command, 'completed');
    const output = await outputOf(app, execution.execution_id);
    expect(output.split('\n')[0]).not.toBe('0');
    for (const hidden of [
      secret,
      app.databaseUrl,
      'ADMIN_PASSWORD',
      'package.json',
      'secrets-key',
      'main.js',
    ])
      expect([hidden, output.includes(hidden)]).toEqual([hidden, false]);
    if (!ordinary) return;
    // a link to a folder hides it as its own path would: only the way to the workspace is there
    const { execution_id } = await runJob(owner, project, `ls ${join(above, 'data')}; echo done`);
    expect(await outputOf(app, execution_id)).toBe('workspaces\ndone\n');
  });

  test('can write only to the workspace of their project', async () => {
    const write = `echo kept > kept; for place in / /usr /etc /dev /tmp /dev/shm ${folder} ${dataDir} "$HOME/.."; do
      touch $place/new 2>/dev/null && echo "$place"; done; true`;
    const first = await runUnsafe(write, 'completed');
    expect(await outputOf(app, first.execution_id)).toBe('/tmp\n/dev/shm\n');
    const next = await runJob(
      owner,
      project,
      'cat kept; ls /tmp /dev/shm; ls -d "$HOME/.."/* | sed "s|^$HOME/../${HOME##*/}|own|"',
      'completed',
    );
    expect(await outputOf(app, next.execution_id)).toMatch(/^kept\n[^]*\nown\nown.summaries\n$/);
    const other = await runJob(owner, await makeProject(owner), 'ls', 'completed');
    expect(await outputOf(app, other.execution_id)).toBe('');
  });

  test('share no kernel keyring with each other or with the user who started the server', async () => {
    const { execution_id: stored } = await runJob(owner, project, storeKey('left', 'a message'));
    expect(await outputOf(app, stored)).toBe('refused: Function not implemented\n');
    const other = await makeProject(owner);
    const { execution_id } = await runJob(
      owner,
      other,
      `${readKey('left')}; ${readKey('operators')}; cat /proc/keys; true`,
    );
    expect(await outputOf(app, execution_id)).toMatch(/^none\nnone\n(?![^]*(left|operators))/);
  });

  test('can fill only their own /tmp', async () => {
    const full = await runJob(owner, project, 'dd if=/dev/zero of=/tmp/fill bs=1M count=20', 'failed');
    expect(full.exit_code).toBe(1);
    expect(await outputOf(app, full.execution_id)).toContain('No space left on device');
    await runJob(owner, project, 'dd if=/dev/zero of=/tmp/fill bs=1M count=4', 'completed');
  });

  test('have network access unless their project disables it', async () => {
    const { port } = new URL(app.url);
    const connect = `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}' && echo connected`;
    const online = await runJob(owner, project, connect, 'completed');
    expect(online).toMatchObject({ network: true });
    const offline = await makeProject(owner, { settings: { network: false } });
    const refused = await runJob(owner, offline, connect, 'failed');
    expect(refused).toMatchObject({ network: false, exit_code: 1 });
    expect(await outputOf(app, refused.execution_id)).toContain('Connection refused');
  });

  test('are limited in their number of processes', async () => {
    const limits = { processes: 8 };
    const bomb = await runUnsafe('b() { b | b & }; b; wait; sleep 0.2; exit 3', 'failed', { limits });
    expect(bomb.limits).toEqual(limits);
    expect(await outputOf(app, bomb.execution_id)).toContain('fork');
    await runJob(owner, project, 'echo all is well', 'completed', { limits });
  });

  test('leave no process behind after a cancel, a timeout or a normal end', async () => {
    const word = token();
    const stay = `for i in 1 2; do setsid nohup sh -c 'trap "" TERM; while :; do sleep 300.${word}; done' & done; ( (env -i sleep 300.${word} &) & )`;
    const jobs = await Promise.all(
      ['while :; do sleep 1; done', 'sleep 300', 'sleep 300', 'true'].map((end, index) =>
        makeJob(
          owner,
          project,
          `${index === 0 ? 'trap "" TERM; ' : ''}${stay}; echo ready; ${end}`,
          index === 2 ? { timeout: 2 } : {},
        ),
      ),
    );
    await Promise.all(jobs.map((job) => execute(owner, job)));
    for (const job of jobs.slice(0, 2)) await reached(owner, job, 'running');
    await until(async () => (await living(word)).length > 6, { what: 'the processes that are to stay' });
    for (const [index, exit_code] of [-9, -15].entries())
      expect(await data(200, owner.post(`/api/tasks/${jobs[index].id}/cancel`))).toMatchObject({
        status: 'cancelled',
        exit_code,
      });
    await reached(owner, jobs[2], 'failed');
    expect(await lastExecution(owner, jobs[2])).toMatchObject({ reason: 'TASK_TIMEOUT', exit_code: -15 });
    await reached(owner, jobs[3], 'completed');
    expect(await living(word)).toEqual([]);
  });

  test('end when the server is killed', async () => {
    const word = token();
    const job = await makeJob(owner, project, `setsid nohup sleep 300.${word} & sleep 300.${word}`);
    await execute(owner, job);
    await until(async () => (await living(word)).length > 1, { what: 'the command to run' });
    await Promise.all(app.workers.map((worker) => worker.kill()));
    await until(async () => (await living(word)).length === 0, { what: 'the end of the command' });
    for (const worker of app.workers) worker.start();
    await Promise.all(app.workers.map((worker) => app.ready(worker)));
  });
});

if (!inject('namespaces')) test('skipped: this host allows no user namespaces', () => undefined);
