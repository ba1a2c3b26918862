import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { useApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { TestDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { root } from '../support/build.js';
import { usesRedis } from '../support/mode.js';
import { installPacked } from '../support/packed.js';
import type { Environment } from '../support/server-process.js';
import { until } from '../support/until.js';
import { Installed, Millrace } from './millrace.js';

const app = useApp();
let folder: string;
let millrace: Installed;
beforeAll(async () => {
  const needed = ['commander', 'ws', 'eventsource-parser'].map((name) => `node_modules/${name}`);
  folder = await installPacked(['sdk', 'cli', ...needed]);
  millrace = new Installed(folder, { HOME: folder, API_BASE_URL: `${app.url}/api` });
  const { password = '' } = app.admin.credentials ?? {};
  const signedIn = await millrace.run(['login', '-u', 'admin', '--password-stdin'], {}, `${password}\n`);
  expect(signedIn).toEqual({ code: 0, stdout: `Signed in to ${app.url}/api as admin (admin)\n`, stderr: '' });
  await millrace.call(['projects', 'create', 'Shop']);
  await millrace.call(['config', 'set', 'project', 'SHOP']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('schedules are previewed, made, shown, changed, started and deleted', async () => {
  const preview = ['schedules', 'preview', '--cron', '30 2 * * *', '--timezone', 'Europe/Berlin'];
  const times = await millrace.call([...preview, '--starts-at', '2032-03-28T00:00:00Z', '-n', '2']);
  expect(times.stdout).toBe('2032-03-28T01:00:00.000Z\n2032-03-29T00:30:00.000Z\n');
  const ref = (await millrace.call(['tasks', 'create', 'Scheduled', '--command', 'true'])).stdout.trim();
  const create = ['schedules', 'create', 'Yearly', '--cron', '@yearly', '--task', ref, '--overlap', 'queue'];
  const id = (await millrace.call(create)).stdout.trim();
  expect((await millrace.call(['schedules', 'list'])).stdout).toContain(`${id}  Yearly  @yearly`);
  expect((await millrace.call(['schedules', 'update', id, '--every', '24:00:00'])).stdout).toBe(
    'Yearly: every 24:00:00\n',
  );
  expect((await millrace.call(['schedules', 'show', id])).stdout).toContain('every 24:00:00');
  await millrace.call(['schedules', 'run', id]);
  expect((await millrace.call(['schedules', 'occurrences', id])).stdout).toContain('fired');
  const faulty = await millrace.run(['schedules', 'preview', '--cron', '0 25 * * *']);
  expect([faulty.code === 0, faulty.stderr]).toEqual([false, expect.stringContaining('hour "25"')]);
  const schedule = () => millrace.json<Record<string, unknown>>('schedules', 'show', id);
  const update = (...args: string[]) => millrace.call(['schedules', 'update', id, ...args]);
  const group = ['--concurrency', 'nightly-{{project}}', '--concurrency-limit', '2', '--on-conflict', 'skip'];
  await update(...group, '--name', 'Renamed', '--disable');
  expect(await schedule()).toMatchObject({
    name: 'Renamed',
    enabled: false,
    concurrency: { group: 'nightly-{{project}}', limit: 2, onConflict: 'skip' },
  });
  expect((await millrace.call(['schedules', 'show', id])).stdout).toContain('nightly-{{project}}');
  await update('--clear-concurrency', '--enable');
  expect(await schedule()).toMatchObject({ concurrency: null, enabled: true });
  expect(await update('--on-conflict', 'skip')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--concurrency'),
  });
  expect((await update()).code).toBe(2);
  expect((await millrace.call(['schedules', 'delete', id])).stdout).toBe('Deleted\n');
  expect((await millrace.call(['schedules', 'list'])).stdout).toBe('No schedules.\n');
});

test('inputs of a run are given by name, from files and from the standard input', async () => {
  const { body } = await app.admin.post('/api/tasks/', {
    title: 'Takes inputs',
    project_id: 'SHOP',
    command: 'printf "%s|%s|%s" "$INPUT_STAGE" "$INPUT_NOTE" "$INPUT_TEXT"',
    inputs: [
      { name: 'stage', type: 'choice', choices: ['live', 'test'] },
      { name: 'note' },
      { name: 'text' },
    ],
  });
  const task = body.data as { ref: string };
  await writeFile(join(folder, 'text'), 'from\na file');
  const run = (...inputs: string[]) =>
    millrace.run(['tasks', 'execute', task.ref, '--wait', '60', ...inputs]);
  const file = `text=${join(folder, 'text')}`;
  expect((await run('-i', 'stage=live', '-i', 'note=a=b "c"', '--input-file', file)).code).toBe(0);
  expect((await millrace.call(['tasks', 'logs', task.ref])).stdout).toBe('live|a=b "c"|from\na file');
  expect(
    (
      await millrace.run(
        ['tasks', 'execute', task.ref, '--wait', '60', '--input-file', 'text=-'],
        {},
        'piped',
      )
    ).code,
  ).toBe(0);
  expect((await millrace.call(['tasks', 'logs', task.ref])).stdout).toBe('||piped');
  const refused = await run('-i', 'stage=nowhere');
  expect([refused.code === 0, refused.stderr]).toEqual([false, expect.stringContaining('inputs.stage')]);
});

test('triggers are made, shown, changed, rotated and deleted, and say what reached them', async () => {
  const triggers = (...args: string[]) => millrace.call(['triggers', ...args]);
  const job = ['tasks', 'create', 'Triggered', '-c', 'true', '--inputs', '[{"name": "commit"}]'];
  const ref = (await millrace.call(job)).stdout.trim();
  expect((await triggers()).stdout).toBe('No triggers.\n');
  expect((await triggers('create', 'On push')).code).toBe(2);
  const filter = ['--event', 'push,tag', '--branch', 'main', '--match', '/private=no'];
  const fields = ['--from', 'commit=/after', '--description', 'Deploys', '--secret-file', 'secret=-'];
  const made = await millrace.run(
    ['triggers', 'create', 'On push', '-t', ref, ...filter, ...fields, '--json'],
    {},
    'a secret of ours\n',
  );
  const { id, ...trigger } = JSON.parse(made.stdout) as Record<string, unknown> & { id: string };
  expect(trigger).toMatchObject({
    description: 'Deploys',
    filter: { events: ['push', 'tag'], branches: ['main'], match: { '/private': 'no' } },
    inputsFrom: { commit: '/after' },
    hasSecret: true,
  });
  expect((await triggers('list')).stdout).toMatch(new RegExp(`${id} +On push +[\\w-]+ +on +http`));
  const urlIn = (text: string) => /http\S+/.exec(text)![0];
  const url = urlIn((await triggers('show', id)).stdout);
  expect((await triggers('disable', id)).stdout).toBe('disabled\n');
  expect((await triggers('show', id)).stdout).toMatch(/State +off\nSigned +yes/);
  expect((await triggers('enable', id)).stdout).toBe('enabled\n');
  expect((await triggers('update', id)).code).toBe(2);
  expect(
    (await triggers('update', id, '--clear-secret', '--event', 'push', '--name', 'Renamed')).stdout,
  ).toBe('Renamed: on\n');
  expect(await millrace.json('triggers', 'show', id)).toMatchObject({
    name: 'Renamed',
    hasSecret: false,
    // the other parts of the filter and the other fields stay
    filter: { events: ['push'], branches: ['main'], match: { '/private': 'no' } },
    inputsFrom: { commit: '/after' },
  });
  expect((await triggers('update', id, '--clear-filter', '--priority', 'high')).code).toBe(0);
  expect(await millrace.json('triggers', 'show', id)).toMatchObject({ filter: {}, priority: 'high' });
  const rotated = urlIn((await triggers('rotate', id)).stdout);
  expect(rotated).not.toBe(url);
  expect((await fetch(url, { method: 'POST' })).status).toBe(404);
  expect((await triggers('deliveries', id)).stdout).toBe('Nothing has reached it.\n');
  const headers = { 'x-github-event': 'push' };
  const sent = await fetch(rotated, { method: 'POST', headers, body: '{"after": "abc"}' });
  expect(sent.status).toBe(202);
  expect((await triggers('deliveries', id)).stdout).toMatch(/ push +fired /);
  expect((await triggers('delete', id)).stdout).toMatch(/deleted/);
  expect((await triggers('show', id)).code).toBe(4);
});

describe('files', () => {
  test('a project is exported, imported elsewhere, and kept in step with findings and a manifest', async () => {
    await millrace.call(['projects', 'create', 'Source', '--key', 'SRC']);
    await millrace.call(['projects', 'create', 'Target', '--key', 'TGT']);
    await millrace.call(['tasks', 'create', 'One\ntwo', '--project', 'SRC']);
    await millrace.call(['schedules', 'create', 'S', '--cron', '@yearly', '--task', 'SRC-1', '-p', 'SRC']);
    const file = join(folder, 'export.json');
    expect(await millrace.call(['export', '-p', 'SRC', '-o', file])).toMatchObject({
      code: 0,
      stdout: `${file}\n`,
    });
    const printed = await millrace.call(['export', '-p', 'SRC', '-f', 'csv']);
    expect(printed.stdout).toMatch(/^ref,external_ref,title.*\r\nSRC-1,,"One\ntwo",/);
    expect((await millrace.call(['import', file, '-p', 'TGT', '--dry-run'])).stdout).toBe(
      'Tasks: 1 would be created, 0 would be changed, 0 as they are, 1 schedules would be written\n',
    );
    expect(await millrace.call(['import', file, '-p', 'TGT'])).toEqual({
      code: 0,
      stdout: 'Tasks: 1 created, 0 changed, 0 as they are, 1 schedules written\n',
      stderr: expect.stringMatching(/^warning: line \d+, enabled: It is switched off: .*\n$/),
    });
    const again = await millrace.run(
      ['import', '-', '-p', 'TGT', '-f', 'csv'],
      {},
      'title,priority\nx,12\n,1\n',
    );
    expect([again.code, again.stdout]).toEqual([2, '']);
    expect(again.stderr).toMatch(
      /^millrace: The file has faults: nothing was imported\n {2}line 2, priority: .*\n {2}line 3, title: Field is required\n$/,
    );
    const dry = await millrace.run(['import', '-', '-p', 'TGT', '-f', 'csv', '--dry-run'], {}, 'title\n""\n');
    expect([dry.code, dry.stdout]).toEqual([2, expect.stringMatching(/^line 2, title: .*\nTasks: 0 would/)]);

    const findings = JSON.stringify([{ fingerprint: '1', title: 'Found' }]);
    expect((await millrace.run(['findings', '-', '-p', 'TGT'], {}, findings)).stdout).toContain('1 created');
    const gone = await millrace.run(['findings', '-', '-p', 'TGT', '--complete-missing', '--json'], {}, '[]');
    expect(JSON.parse(gone.stdout)).toMatchObject({ complete: 1, faults: [] });
    const manifest = 'tasks:\n- external_ref: a\n  title: From a manifest\n  assigned_to: nobody-here\n';
    expect(await millrace.run(['sync', '-', '-p', 'TGT'], {}, manifest)).toMatchObject({
      code: 0,
      stdout: 'Tasks: 1 created, 0 changed, 0 as they are\n',
      stderr: expect.stringContaining('warning: line 2, assigned_to: No user here is called nobody-here'),
    });
    expect((await millrace.run(['sync', '-', '-p', 'TGT', '--prune'], {}, 'tasks: []\n')).stdout).toContain(
      '1 archived',
    );
    const missing = await millrace.call(['import', join(folder, 'nowhere'), '-p', 'TGT']);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('nowhere cannot be read')]);
  });
});

describe('login and logout', () => {
  test('stores a token that only its owner can read, and logout revokes it', async () => {
    const path = join(folder, '.config/millrace/config.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const kept = await readFile(path, 'utf8');
    expect(kept).toMatch(/"token": "mlr_pat_\w+"/);
    expect(kept).not.toContain(app.admin.credentials?.password);
    const { code, stdout, stderr } = await millrace.call(['status']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/You +admin \(admin\)/);
    // piped, so neither colours nor progress
    expect(stdout).not.toContain('\u001b');

    const asked = new Millrace(
      'script',
      ['-qec', `${millrace.program} login -u admin --profile second`, '/dev/null'],
      millrace.env,
    );
    await asked.says('Password: ');
    const answered = await asked.type(`${app.admin.credentials?.password}\n`).says('Signed in to');
    expect((await answered.end()).stdout).not.toContain(app.admin.credentials?.password);
    const second = (JSON.parse(await readFile(path, 'utf8')) as { profiles: { second: { token: string } } })
      .profiles.second;
    expect((await millrace.call(['logout', '--profile', 'second'])).stdout).toBe('Signed out\n');
    const refused = await millrace.call(['status'], { API_TOKEN: second.token });
    expect(refused).toEqual({
      code: 3,
      stdout: '',
      stderr: 'millrace: The token is invalid or expired\n  Sign in again with: millrace login\n',
    });
  });

  test('leaves no session open, and logout ends the session of an access token', async () => {
    const admin = await app.admin.as(app.admin.credentials!);
    const open = async () => (await app.admin.get('/api/auth/sessions')).body.data.total as number;
    // those of the tests themselves
    expect(await open()).toBe(2);
    const given = ['login', '--profile', 'third', '--token', admin.token!];
    expect((await millrace.call(given)).code).toBe(0);
    expect((await millrace.call(['logout', '--profile', 'third'])).stdout).toBe('Signed out\n');
    expect((await admin.get('/api/auth/sessions')).status).toBe(401);
    expect(await open()).toBe(1);
  });

  test('environment variables take precedence, and a token is sent only to its own server', async () => {
    const elsewhere = `http://127.0.0.1:${await freePort()}/api`;
    const alone = await millrace.call(['status'], { API_BASE_URL: elsewhere });
    expect(alone).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`You are not signed in to ${elsewhere}`),
    });
    const dead = await millrace.call(['status'], { API_BASE_URL: elsewhere, API_TOKEN: 'x' });
    expect(dead).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/cannot be reached: ECONNREFUSED\n {2}Is the server running/),
    });
    expect((await millrace.call(['config'])).stdout).toMatch(/\* +default +\S+ +SHOP +yes/);
    const wrong = await millrace.call(['login', '-u', 'admin', '--password-stdin', '--json'], {}, 'wrong');
    expect(wrong.code).toBe(3);
    expect(JSON.parse(wrong.stderr)).toMatchObject({ error: { code: 'AUTH_INVALID_CREDENTIALS' } });
  });
});

describe('run', () => {
  test('writes stdout and stderr and exits with the exit code of the command', async () => {
    // so much that it comes in many pieces
    const ran = await millrace.run(['run', 'echo out; echo err >&2; seq 1 100000; exit 7']);
    const numbers = Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(ran).toEqual({ code: 7, stdout: `out\n${numbers}`, stderr: 'err\n' });
    const words = await millrace.call([
      'run',
      '-e',
      'NAME=x y',
      '-t',
      '60',
      'printf',
      '%s|',
      "it's",
      '$NAME',
      '-e',
    ]);
    expect(words).toEqual({ code: 0, stdout: "it's|$NAME|-e|", stderr: '' });
    expect((await millrace.call(['run', '-e', 'NAME=x y', 'echo "$NAME"; kill -9 $$'])).code).toBe(137);
    const unsafe = await millrace.call(['run', 'rm -rf /']);
    expect(unsafe).toMatchObject({ code: 125, stderr: expect.stringContaining('--allow-unsafe') });
    const id = (await millrace.call(['run', '--detach', 'echo later; exit 3'])).stdout.trim();
    expect(await millrace.call(['logs', '-f', id])).toMatchObject({ code: 3, stdout: 'later\n' });
    expect(await millrace.call(['logs', id])).toMatchObject({ code: 0, stdout: 'later\n' });
  });

  test('Ctrl-C cancels the command and waits for its end', async () => {
    const running = millrace.start(['run', 'echo begun; sleep 600']);
    await running.says('begun');
    running.signal('SIGINT');
    expect(await running.end()).toMatchObject({ code: 130, stderr: expect.stringContaining('Cancelling') });
    const [newest] = (await app.admin.get('/api/commands/history')).body.data.commands;
    expect(newest).toMatchObject({ status: 'cancelled', exit_code: -15 });
    // a reader that has had enough
    const piped = new Millrace(
      'sh',
      ['-c', `"$0" run 'while :; do echo y; sleep 0.1; done' | head -n 1`, millrace.program],
      millrace.env,
    );
    expect(await piped.end()).toEqual({ code: 0, stdout: 'y\n', stderr: '' });
    await until(async () => (await app.admin.get('/api/commands/running')).body.data.total_running === 0);
  });
});

describe('signals', () => {
  test('SIGHUP of a closed terminal cancels the command, as SIGTERM does', async () => {
    for (const [signal, code] of [
      ['SIGHUP', 129],
      ['SIGTERM', 143],
    ] as const) {
      const running = millrace.start(['run', `echo begun; sleep 600`]);
      await running.says('begun');
      running.signal(signal);
      await running.says('Cancelling');
      // the terminal and the shell both send it
      if (signal === 'SIGHUP') running.signal(signal);
      expect((await running.end()).code).toBe(code);
      const [newest] = (await app.admin.get('/api/commands/history')).body.data.commands;
      expect(newest).toMatchObject({ status: 'cancelled', exit_code: -15 });
    }
  });

  test('a client that only follows a command exits on a signal and leaves the command running', async () => {
    const id = (await millrace.call(['run', '--detach', 'echo begun; sleep 600'])).stdout.trim();
    for (const [signal, code] of [
      ['SIGHUP', 129],
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      const watching = millrace.start(['logs', '-f', id]);
      await watching.says('begun');
      watching.signal(signal);
      expect(await watching.end()).toEqual({ code, stdout: 'begun\n', stderr: '' });
    }
    await app.admin.post(`/api/commands/${id}/cancel`, {});
    const endless = (
      await millrace.call(['run', '--detach', 'while :; do echo y; sleep 0.1; done'])
    ).stdout.trim();
    const pipe = `"$0" logs -f ${endless} | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const piped = await new Millrace('bash', ['-c', pipe, millrace.program], millrace.env).end();
    expect(piped).toEqual({ code: 0, stdout: 'y\n141\n', stderr: '' });
    expect((await app.admin.get(`/api/commands/${endless}/status`)).body.data.status).toBe('running');
    await app.admin.post(`/api/commands/${endless}/cancel`, {});
  });
});

test('an empty id is a usage error in every command', async () => {
  const before = (await app.admin.get('/api/commands/history')).body.data.total as number;
  for (const args of [
    ['tasks', 'show', ''],
    ['tasks', 'logs', '-f', ' '],
    ['tasks', 'execute', ''],
    ['tasks', 'cancel', ''],
    ['tasks', 'list', '--project', ''],
    ['projects', 'show', ''],
    ['logs', '-f', ''],
    ['run', '--project', '', 'true'],
    ['users', 'update', '', '--disable'],
    ['tokens', 'revoke', ''],
    ['config', 'set', 'project', ''],
  ]) {
    const { code, stdout, stderr } = await millrace.call(args);
    expect([args, code, stdout]).toEqual([args, 2, '']);
    expect(stderr).toContain('It is empty.');
  }
  expect((await millrace.call(['tasks', 'show', '..'])).stderr).toBe('millrace: taskId cannot be ..\n');
  expect((await millrace.call(['logs', '-f', '.'])).code).toBe(2);
  expect((await app.admin.get('/api/commands/history')).body.data.total).toBe(before);
});

test('a server URL without /api causes an error with the right URL', async () => {
  const { code, stdout, stderr } = await millrace.call(['status', '--url', `${app.url}/`], {
    API_TOKEN: app.admin.token,
  });
  expect([code, stdout]).toEqual([5, '']);
  expect(stderr).toBe(
    `millrace: ${app.url} is Millrace, but not its API: use ${app.url}/api\n` +
      `  Set it with: millrace config set url ${app.url}/api (or --url, or API_BASE_URL)\n`,
  );
  const login = await millrace.call(
    ['login', '-u', 'admin', '--password-stdin', '--url', app.url],
    {},
    'any',
  );
  expect(login).toMatchObject({ code: 5, stderr: expect.stringContaining(`use ${app.url}/api`) });
  expect((await millrace.call(['status', '--url', `${app.url}/api/`])).code).toBe(0);
  expect(await millrace.call(['login', '--token', 'x', '--url', ''])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"" is no URL'),
  });
});

test('a config file that others can read is made private, with a warning', async () => {
  const path = join(folder, '.config/millrace/config.json');
  await chmod(path, 0o644);
  const told = await millrace.call(['projects', 'list']);
  expect(told).toMatchObject({
    code: 0,
    stderr: `millrace: others could read ${path} (mode 644), which holds tokens; now only you can\n`,
  });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await millrace.call(['projects', 'list'])).toMatchObject({ code: 0, stderr: '' });
  await chmod(path, 0o620);
  expect((await millrace.call(['config', 'list'])).stderr).toContain('mode 620');
});

test('tasks are created, executed, followed, cancelled and retried', async () => {
  const create = (...args: string[]) => millrace.call(['tasks', 'create', ...args]);
  const ref = (
    await create('Say it', '-c', 'echo "$WORD"; exit ${CODE:-4}', '-e', 'WORD=hello', '--tags', 'a,b')
  ).stdout.trim();
  expect(ref).toMatch(/^SHOP-\d+$/);
  expect(await millrace.call(['tasks', 'execute', ref, '--follow'])).toEqual({
    code: 4,
    stdout: 'hello\n',
    stderr: '',
  });
  expect((await millrace.call(['tasks', 'retry', ref, '-f'])).code).toBe(4);
  expect((await millrace.call(['tasks', 'logs', ref])).stdout).toBe('hello\n');
  expect(
    (await millrace.call(['tasks', 'list', '--status', 'failed,running', '--tags', 'b'])).stdout,
  ).toMatch(new RegExp(`^REF +TYPE +STATUS +PRIORITY +TITLE\n${ref} +task +failed +medium +Say it\n$`));
  expect(await millrace.json<{ ref: string; tags: string[] }>('tasks', 'show', ref)).toMatchObject({
    ref,
    tags: ['a', 'b'],
  });

  const bash = ['-c', 'echo "${BASH_VERSION:+bash}"; exit 3', '--shell', 'bash'];
  const waited = (await create('Waited for', ...bash)).stdout.trim();
  expect(await millrace.call(['tasks', 'execute', waited, '--wait', '60'])).toEqual({
    code: 3,
    stdout: 'failed, exit code 3\n',
    stderr: '',
  });
  const again = await millrace.call(['tasks', 'execute', waited, '--wait', '60', '--json']);
  expect([again.code, JSON.parse(again.stdout)]).toMatchObject([
    3,
    { status: 'failed', execution: { shell: 'bash' } },
  ]);
  expect((await millrace.call(['tasks', 'logs', waited])).stdout).toBe('bash\n');
  expect((await millrace.call(['run', '--shell', 'bash', 'echo "${BASH_VERSION:+bash}"'])).stdout).toBe(
    'bash\n',
  );

  const making = 'mkdir -p out/sub; echo kept > out/sub/a; echo "# Done" > $MILLRACE_SUMMARY';
  const makes = (await create('Makes files', '-c', making, '--artifacts', 'out/**')).stdout.trim();
  expect((await millrace.call(['tasks', 'execute', makes, '--wait', '60'])).code).toBe(0);
  const { executionId: made } = await millrace.json<{ executionId: string }>('tasks', 'show', makes);
  expect((await millrace.call(['executions', 'show', made])).stdout).toBe('completed\n# Done\n\n');
  expect((await millrace.call(['executions', 'artifacts', made])).stdout).toMatch(/ 5 +out\/sub\/a\n$/);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-artifacts-'));
  const save = () => millrace.call(['executions', 'artifacts', made, '--download', folder]);
  expect((await save()).code).toBe(0);
  expect(await readFile(join(folder, 'out/sub/a'), 'utf8')).toBe('kept\n');
  expect(await save()).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written') });
  await rm(folder, { recursive: true });

  const long = (await create('Long', '-c', 'echo begun; sleep 600')).stdout.trim();
  await millrace.call(['tasks', 'execute', long, '--priority', 'high']);
  const watching = millrace.start(['tasks', 'logs', '-f', long]);
  await watching.says('begun');
  watching.signal('SIGINT');
  expect((await watching.end()).code).toBe(130);
  expect(await millrace.json('tasks', 'show', long)).toMatchObject({ status: 'running' });
  expect((await millrace.call(['tasks', 'cancel', long, '-r', 'Enough'])).stdout).toBe('cancelled\n');
  expect(await millrace.call(['tasks', 'show', 'SHOP-999'])).toEqual({
    code: 4,
    stdout: '',
    stderr: 'millrace: The task does not exist\n  See what there is with: millrace tasks list\n',
  });
});

test('tasks are changed, archived, moved and deleted, and an empty change is a usage error', async () => {
  const tasks = (...args: string[]) => millrace.call(['tasks', ...args]);
  const made = ['--type', 'bug', '--priority', 'high', '--due', '2020-01-01', '--status', 'planned'];
  const ref = (await tasks('create', 'Changed later', ...made)).stdout.trim();
  const shown = () => millrace.json<Record<string, unknown>>('tasks', 'show', ref);
  expect(await shown()).toMatchObject({
    type: 'bug',
    priority: 3,
    dueAt: '2020-01-01T23:59:59.999Z',
    workflowStatus: 'planned',
  });
  expect((await tasks('list', '--type', 'bug', '--overdue', '--sort', 'due_at')).stdout).toContain(ref);
  expect(await tasks('update', ref)).toMatchObject({ code: 2, stderr: expect.stringContaining('--title') });
  expect((await tasks('update', ref, '--due', '2026-12-24', '--clear-due')).code).toBe(2);
  expect((await tasks('update', ref, '--priority', '11')).code).toBe(2);
  expect(
    await tasks(
      'update',
      ref,
      '--title',
      'Changed',
      '--clear-due',
      '--blocker',
      'Waits',
      '--priority',
      'urgent',
    ),
  ).toEqual({ code: 0, stdout: `${ref} is planned\n`, stderr: '' });
  expect(await shown()).toMatchObject({ title: 'Changed', dueAt: null, blocker: 'Waits', priority: 1 });
  expect((await tasks('list', '--blocked')).stdout).toMatch(new RegExp(`${ref} +bug +pending \\(blocked\\)`));
  const runs = [
    '-c',
    'true',
    '--shell',
    'bash',
    '--working-directory',
    'x',
    '--artifacts',
    'a/**,b',
    '-e',
    'A=1',
  ];
  const where = ['--concurrency', 'deploy', '--concurrency-limit', '3', '--runs-on', 'gpu,linux'];
  await tasks(
    'update',
    ref,
    ...runs,
    ...where,
    '-t',
    '30',
    '--retries',
    '2',
    '--inputs',
    '[{"name": "stage"}]',
  );
  expect(await shown()).toMatchObject({
    command: 'true',
    shell: 'bash',
    workingDirectory: 'x',
    artifacts: ['a/**', 'b'],
    environment: { A: '1' },
    timeout: 30,
    retryAttempts: 2,
    inputs: [{ name: 'stage' }],
    concurrency: { group: 'deploy', limit: 3, onConflict: 'queue' },
    runsOn: ['gpu', 'linux'],
  });
  expect((await tasks('show', ref)).stdout).toMatch(
    /Concurrency +deploy \(3 at a time, queue\)\nRuns on +gpu/,
  );
  await tasks('update', ref, '--runs-on', '', '--retries', '1');
  expect(await shown()).toMatchObject({ runsOn: [], retryAttempts: 1 });
  const cleared = ['command', 'shell', 'working-directory', 'artifacts', 'env', 'timeout', 'inputs'];
  await tasks('update', ref, ...[...cleared, 'concurrency', 'runs-on'].map((name) => `--clear-${name}`));
  expect(await shown()).toMatchObject({
    command: null,
    shell: null,
    workingDirectory: null,
    artifacts: [],
    environment: {},
    timeout: null,
    inputs: [],
    concurrency: null,
    runsOn: null,
  });
  expect((await tasks('update', ref, '--concurrency', 'x', '--clear-concurrency')).code).toBe(2);
  const placed = await tasks('create', 'Placed', ...where, '--on-conflict', 'skip', '--json');
  expect(JSON.parse(placed.stdout)).toMatchObject({
    concurrency: { group: 'deploy', limit: 3, onConflict: 'skip' },
    runsOn: ['gpu', 'linux'],
  });
  expect((await tasks('archive', ref)).stdout).toBe(`${ref} archived\n`);
  expect((await tasks('list', '--search', 'Changed')).stdout).not.toContain(ref);
  expect((await tasks('list', '--search', 'Changed', '--archived')).stdout).toContain(ref);
  expect((await tasks('restore', ref)).stdout).toBe(`${ref} restored\n`);

  const draft = (await tasks('create', 'A draft', '--draft')).stdout.trim();
  expect((await tasks('list', '--drafts')).stdout).toContain(draft);
  expect((await tasks('publish', draft)).stdout).toBe(`${draft} published\n`);
  expect((await tasks('depend', draft, ref)).stdout).toBe(`${draft} waits for ${ref}\n`);
  expect((await tasks('depend', draft, ref, '--remove')).stdout).toBe(`${draft} waits for nothing\n`);

  await millrace.call(['projects', 'create', 'Elsewhere', '--key', 'ELSE']);
  const moved = (await tasks('move', ref, 'ELSE')).stdout.trim();
  expect(moved).toMatch(/^ELSE-\d+$/);
  expect(await shown()).toMatchObject({ ref: moved });
  expect((await tasks('delete', moved, '--permanent')).stdout).toBe(`${moved} deleted\n`);
  expect((await tasks('show', ref)).code).toBe(4);
});

test('projects are archived, restored and deleted, for good only when that is confirmed', async () => {
  const projects = (...args: string[]) => millrace.call(['projects', ...args]);
  await projects('create', 'To be deleted', '--key', 'DELE');
  expect((await projects('list')).stdout).toMatch(/^DELE +active +To be deleted$/m);
  expect(await projects('delete', 'DELE', '--permanent')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/DELE.*for good\n.*--yes/),
  });
  expect((await projects('delete', 'DELE', '--permanent', '--yes')).stderr).toContain('not archived');
  expect((await projects('archive', 'DELE')).stdout).toBe('DELE is archived\n');
  expect((await projects('restore', 'DELE')).stdout).toBe('DELE is active\n');
  await projects('archive', 'DELE');
  expect(await projects('delete', 'DELE', '--permanent', '--yes')).toEqual({
    code: 0,
    stdout: 'DELE deleted\n',
    stderr: '',
  });
  expect((await projects('show', 'DELE')).code).toBe(4);
  await projects('create', 'To be hidden', '--key', 'DELE');
  expect((await projects('delete', 'DELE')).stdout).toBe('DELE deleted\n');
});

test('comments and checklists are written, changed and removed', async () => {
  const call = (...args: string[]) => millrace.call(args);
  const ref = (await call('tasks', 'create', 'Talked about')).stdout.trim();
  const id = (await call('comments', 'add', ref, 'Hello @admin')).stdout.trim();
  expect((await call('comments', 'edit', ref, id, 'Good *bye*')).stdout).toBe(`${id}\n`);
  expect((await call('comments', 'list', ref)).stdout).toMatch(
    new RegExp(`^admin, .*Z \\(${id}\\)\nGood \\*bye\\*\n$`),
  );
  expect((await call('comments', 'delete', ref, id)).stdout).toBe('Deleted\n');
  expect((await call('comments', 'list', ref)).stdout).toBe('No comments.\n');

  for (const text of ['second', 'third']) await call('checklist', 'add', ref, text);
  expect((await call('checklist', 'add', ref, 'first', '--at', '1')).stdout).toBe('1\n');
  expect((await call('checklist', 'check', ref, '2')).stdout).toBe('[x] second\n');
  expect((await call('checklist', 'show', ref)).stdout).toBe('1. [ ] first\n2. [x] second\n3. [ ] third\n');
  expect((await call('checklist', 'uncheck', ref, '2')).stdout).toBe('[ ] second\n');
  expect((await call('checklist', 'remove', ref, '1')).stdout).toBe('Removed: first\n');
  expect(await call('checklist', 'check', ref, '9')).toMatchObject({ code: 4 });
});

test('labels are made, attached, renamed and archived', async () => {
  const call = (...args: string[]) => millrace.call(['labels', ...args]);
  const ref = (await millrace.call(['tasks', 'create', 'Labelled'])).stdout.trim();
  const id = (await call('create', 'Of the house', '--color', '#E03E3E')).stdout.trim();
  expect((await call('attach', ref, 'of the HOUSE')).stdout).toBe('Of the house\n');
  expect((await call('attach', ref, 'other')).stdout).toBe('Of the house, other\n');
  expect((await call('update', id, '--name', 'Of all', '--clear-color')).stdout).toBe('Of all\n');
  expect((await call('detach', ref, 'Other')).stdout).toBe('Of all\n');
  expect((await call('list', '--search', 'of')).stdout).toMatch(
    new RegExp(`^ID .*\n${id} +Of all +– +all projects +–\n$`),
  );
  expect((await call('archive', id)).stdout).toBe('Of all archived\n');
  expect((await call('list', '--search', 'of')).stdout).toBe('No labels.\n');
  expect(await call('update', id)).toMatchObject({ code: 2 });
});

test('agents are made with keys and a backlog, and claim, renew and end their tasks', async () => {
  const call = (...args: string[]) => millrace.call(args);
  const slug = (await call('agents', 'create', 'The writer', '--prefix', 'WRI')).stdout.trim();
  expect(slug).toBe('the-writer');
  expect((await call('agents', 'list', '--search', 'WRI')).stdout).toMatch(
    /^SLUG .*\nthe-writer +WRI +The writer +active\n$/,
  );
  expect((await call('agents', 'update', slug, '--name', 'The editor')).stdout).toBe('the-writer\n');
  expect((await call('backlog', 'add', slug, 'First', '--priority', 'high')).stdout).toBe('WRI-001\n');
  expect((await call('backlog', 'add', slug, 'Second', '--description', 'All of it')).stdout).toBe(
    'WRI-002\n',
  );
  const made = await call('agents', 'keys', 'create', slug, 'A laptop');
  expect(made.stderr).toBe('');
  const key = made.stdout.trim();
  expect(key).toMatch(/^mlr_key_\w+$/);
  const agent = (...args: string[]) => millrace.call([...args, '--token', key]);

  const claimed = await agent('claim', 'next', '--agent', slug);
  expect(claimed.stdout).toMatch(/^WRI-001 First\nclaim: [\w-]+\ntoken: [\w-]+\nuntil: .*\n$/);
  const [, id, token] = /claim: (\S+)\ntoken: (\S+)/.exec(claimed.stdout)!;
  expect((await agent('claim', 'heartbeat', id!, token!)).stdout).toMatch(/^until \d{4}-/);
  expect((await agent('claim', 'complete', id!, token!, '--result', 'Written')).stdout).toBe(
    'WRI-001 completed\n',
  );
  const again = await agent('claim', 'complete', id!, token!);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('You do not hold this claim')]);

  const second = JSON.parse((await agent('claim', 'task', 'WRI-2', '--json')).stdout);
  expect(second.task).toMatchObject({ ref: 'WRI-002', status: 'running' });
  expect((await agent('claim', 'release', second.claimId, second.token)).stdout).toBe('WRI-002 pending\n');
  const third = JSON.parse((await agent('claim', 'next', '--agent', slug, '--json')).stdout);
  const failing = ['claim', 'fail', third.claimId, third.token];
  expect((await agent(...failing)).code).toBe(2);
  expect((await agent(...failing, '--reason', 'No access')).stdout).toBe('WRI-002 failed\n');
  const none = await agent('claim', 'next', '--agent', slug);
  expect([none.code, none.stderr]).toEqual([1, 'millrace: There is no task to claim\n']);

  expect((await call('backlog', 'list', slug)).stdout).toMatch(
    /^REF .*\nWRI-001 +complete +3 +First +–\nWRI-002 +blocked +5 +Second +No access\n$/,
  );
  expect((await call('backlog', 'list', slug, '--status', 'complete')).stdout).toContain('WRI-001');
  expect((await call('backlog', 'list', slug, '--status', 'done')).code).toBe(2);
  expect((await call('backlog', 'update', slug, 'WRI-002', '--status', 'queued')).stdout).toBe(
    'WRI-002 queued\n',
  );
  expect((await call('backlog', 'update', slug, 'WRI-002', '--json')).code).toBe(2);
  expect((await call('backlog', 'summary', slug)).stdout).toBe(
    'queued: 1\ninProgress: 0\ncomplete: 1\nblocked: 0\ntotal: 2\n',
  );
  expect((await agent('backlog', 'delete', slug, 'WRI-002')).stdout).toBe('WRI-002 deleted\n');
  const keys = JSON.parse((await call('agents', 'keys', 'list', slug, '--json')).stdout);
  expect((await call('agents', 'keys', 'revoke', slug, keys[0].id)).stdout).toBe('Revoked.\n');
  expect((await agent('backlog', 'list')).code).toBe(3);
  expect((await call('agents', 'delete', slug)).stdout).toBe('the-writer deleted\n');
  expect((await call('agents', 'list', '--search', 'WRI')).stdout).toBe('No agents.\n');
  expect((await call('agents', 'update', slug)).code).toBe(2);
});

test('keys of a project are made, used without a project, listed and revoked', async () => {
  const made = await millrace.call([
    'keys',
    'create',
    'Chat bot',
    '--scopes',
    'tasks.read,tasks.write',
    '--days',
    '3',
  ]);
  expect(made.stderr).toBe('');
  const key = made.stdout.trim();
  const bot = (...args: string[]) => millrace.call([...args, '--token', key]);
  expect((await bot('tasks', 'create', 'Of the bot')).stdout).toMatch(/^SHOP-\d+\n$/);
  expect((await bot('projects', 'list')).code).toBe(3);
  const listed = await millrace.call(['keys', 'list']);
  expect(listed.stdout).toMatch(
    /^ID .*\n([\w-]{36}) +Chat bot +mlr_key_…\w{4} +tasks\.read,tasks\.write +\d{4}-/,
  );
  const id = listed.stdout.split('\n')[1]!.slice(0, 36);
  expect((await millrace.call(['keys', 'revoke', id])).stdout).toBe('Revoked.\n');
  expect((await bot('tasks', 'list')).code).toBe(3);
  expect((await millrace.call(['keys', 'list'])).stdout).toBe('No keys.\n');
});

test('the options of every command reach no request, wherever they stand', async () => {
  await millrace.call(['tasks', 'create', 'Listed']);
  const { token } = (
    await app.admin.post('/api/personal-access-tokens', { label: 'x', scopes: ['tasks.read'] })
  ).body.data;
  const listed = await millrace.call(['tasks', 'list', '--search', 'Listed', '--json', '--token', token]);
  expect(listed.stderr).toBe('');
  expect(JSON.parse(listed.stdout)).toMatchObject([{ title: 'Listed' }]);
});

test('the name of an actor steers no terminal', async () => {
  const { id } = app.admin.user;
  await app.query('UPDATE users SET full_name = $2 WHERE id = $1', [id, 'x\u001b[2J\n2026  forged']);
  const following = millrace.start(['events', '--project', 'SHOP', '--types', 'task']);
  await until(async () => {
    await millrace.call(['tasks', 'create', 'Followed']);
    return following.stdout.includes('forged');
  });
  following.signal('SIGINT');
  await following.end();
  await app.query('UPDATE users SET full_name = NULL WHERE id = $1', [id]);
  expect(following.stdout).not.toContain('\u001b');
  expect(following.stdout).toMatch(/ {2}x \[2J 2026 {2}forged {2}created {2}task/);
});

test('events are followed as they happen', async () => {
  const following = millrace.start(['events', '--project', 'SHOP', '--types', 'task']);
  await until(async () => {
    await millrace.call(['tasks', 'create', 'Followed']);
    return /admin {2}created {2}task [\w-]{36}\n/.test(following.stdout);
  });
  following.signal('SIGINT');
  await following.end();
  expect((await millrace.call(['events', '--project', 'NOPE'])).code).toBe(4);
});

test('activity shows who did what', async () => {
  const ref = (await millrace.call(['tasks', 'create', 'Watched'])).stdout.trim();
  await millrace.call(['tasks', 'update', ref, '--title', 'Seen']);
  const call = (...args: string[]) => millrace.call(['activity', '--project', 'SHOP', ...args]);
  const { stdout } = await call('--type', 'task', '--limit', '2');
  expect(stdout).toMatch(
    /^AT .*\n\S+ +admin +updated +task [\w-]{36} +\{"title":"Seen"\}\n\S+ +admin +created +task .*\n$/,
  );
  const created = await call('--action', 'created', '--limit', '1', '--json');
  expect(created.stderr).toBe('');
  expect(JSON.parse(created.stdout)).toMatchObject([
    { action: 'created', actor: { kind: 'human', name: 'admin' } },
  ]);
  expect((await call('--actor', 'human:nobody-here')).stdout).toBe('Nothing.\n');
  expect((await call('--actor', 'nobody')).code).toBe(2);
});

test('plans, docs and memory are written, changed, read and deleted', async () => {
  const call = (...args: string[]) => millrace.call(args);
  const ref = (await call('tasks', 'create', 'Planned')).stdout.trim();
  const key = ref.split('-')[0]!;
  for (const [kind, of] of [
    ['plans', ref],
    ['docs', key],
  ] as const) {
    const id = (await call(kind, 'add', of, 'How', '--body', 'First')).stdout.trim();
    expect((await call(kind, 'list', of)).stdout).toMatch(new RegExp(`${id} +How +1 `));
    expect((await call(kind, 'append', id, '--body', 'Second')).stdout).toBe('Version 2\n');
    expect((await call(kind, 'edit', id, '--title', 'Why', '--note', 'Better')).stdout).toBe('Version 3\n');
    expect((await call(kind, 'show', id)).stdout).toBe('First\nSecond\n');
    expect((await call(kind, 'show', id, '--version', '1')).stdout).toBe('First\n');
    expect((await call(kind, 'versions', id)).stdout).toMatch(/\n3 .* Why +Better\n2 .* How .*\n1 .* How/);
    expect(await call(kind, 'edit', id)).toMatchObject({ code: 2 });
    expect((await call(kind, 'delete', id)).stdout).toBe('Deleted\n');
  }
  const file = join(await mkdtemp(join(tmpdir(), 'millrace-note-')), 'note.md');
  await writeFile(file, 'Redis is at 6380');
  const note = (await call('memory', 'add', key, '--file', file, '--tags', 'redis,ports')).stdout.trim();
  expect((await call('memory', 'list', key, '--tag', 'ports', '--search', '6380')).stdout).toBe(
    `${note} (redis, ports)\nRedis is at 6380\n`,
  );
  expect((await call('memory', 'append', note, '--body', 'and 6381')).stdout).toBe('Version 2\n');
  expect((await call('memory', 'show', note)).stdout).toBe('Redis is at 6380\nand 6381\n');
  expect((await call('memory', 'delete', note)).stdout).toBe('Deleted\n');
  expect((await call('memory', 'list', key)).stdout).toBe('Nothing is remembered.\n');
  expect(await call('memory', 'add', key)).toMatchObject({ code: 2 });
  expect(await call('memory', 'add', key, '--file', `${file}.none`)).toMatchObject({ code: 2 });
});

test('files and links are attached, listed, saved and removed', async () => {
  const call = (...args: string[]) => millrace.call(args);
  const ref = (await call('tasks', 'create', 'With files')).stdout.trim();
  const folder = await mkdtemp(join(tmpdir(), 'millrace-files-'));
  await writeFile(join(folder, 'log.txt'), 'a log');
  const file = (await call('attach', ref, join(folder, 'log.txt'))).stdout.trim();
  const link = (await call('attach', ref, 'https://example.com/design', '--name', 'Design')).stdout.trim();
  const { stdout } = await call('attachments', 'list', ref);
  expect(stdout).toMatch(new RegExp(`${link} +Design +– +https://example.com/design`));
  expect(stdout).toMatch(new RegExp(`${file} +log.txt +5`));
  const saved = join(folder, 'saved');
  expect((await call('attachments', 'get', file, '--output', saved)).stdout).toBe(`${saved}\n`);
  expect(await readFile(saved, 'utf8')).toBe('a log');
  expect((await call('attachments', 'get', file, '--output', '-')).stdout).toBe('a log');
  expect(await call('attachments', 'get', link)).toMatchObject({ code: 1 });
  expect((await call('attachments', 'delete', file)).stdout).toBe('Deleted\n');
  expect(await call('attach', ref, join(folder, 'none'))).toMatchObject({ code: 2 });
  await rm(folder, { recursive: true });
});

test('webhooks listen prints deliveries, and removes its webhook', async () => {
  const listening = millrace.start(['webhooks', 'listen', '--events', 'task.created']);
  await listening.says('Listening for task.created');
  expect((await millrace.call(['webhooks', 'list'])).stdout).toMatch(
    /yes +task\.created +http:\/\/127\.0\.0\.1:\d+\//,
  );
  const ref = (await millrace.call(['tasks', 'create', 'Heard of'])).stdout.trim();
  await listening.says('"title":"Heard of"');
  listening.signal('SIGINT');
  const { code, stdout } = await listening.end();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\S+Z {2}task\.created {2}\{.*\}\n$/);
  expect(ref).toMatch(/^SHOP-/);
  expect((await millrace.call(['webhooks', 'list'])).stdout).toBe('No webhooks.\n');
});

test('queues, users and access tokens are managed', async () => {
  expect((await millrace.call(['queues', 'pause', 'low', '-r', 'Maintenance'])).stdout).toBe('Paused low\n');
  expect((await millrace.call(['queues'])).stdout).toMatch(/\nlow +0 +0 +\d+ +Maintenance\n/);
  expect((await millrace.call(['queues', 'resume', 'low'])).code).toBe(0);
  const { items: workers } = JSON.parse((await millrace.call(['workers', '--json'])).stdout);
  expect((await millrace.call(['workers', 'drain', workers[0].id.slice(-8)])).stdout).toMatch(/^Drained /);
  expect((await millrace.call(['workers'])).stdout).toMatch(/os:linux.* drained /);
  expect((await millrace.call(['workers', 'resume', workers[0].id])).stdout).toBe(
    `Resumed ${workers[0].id}\n`,
  );
  expect((await millrace.call(['workers', 'drain', 'nothing'])).code).toBe(4);
  const made = await millrace.call(
    ['users', 'create', 'ada', '--email', 'ada@example.org', '--password-stdin'],
    {},
    'a long password',
  );
  expect(made.stdout).toBe('Created ada (developer)\n');
  expect((await millrace.call(['users', 'update', 'ada', '--role', 'viewer', '--disable'])).stdout).toBe(
    'ada: viewer, disabled\n',
  );
  expect((await millrace.call(['users', 'list'], { FORCE_COLOR: '1' })).stdout).toContain(
    '\u001b[31mdisabled',
  );
  const token = (
    await millrace.call(['tokens', 'create', 'CI', '-s', 'tasks.read', '--days', '1'])
  ).stdout.trim();
  expect((await millrace.call(['tasks', 'list'], { API_TOKEN: token })).code).toBe(0);
  expect((await millrace.call(['queues', 'pause', 'low'], { API_TOKEN: token })).code).toBe(3);
  expect((await millrace.call(['tokens', 'revoke', 'CI'])).stdout).toBe('Revoked CI\n');
});

test('doctor says what is wrong and mends it, and ends with 1 as long as something is', async () => {
  const healthy = await millrace.call(['doctor']);
  expect(healthy).toMatchObject({ code: 0, stderr: '' });
  expect(healthy.stdout).toMatch(/^ok +task_counts: .*\n[^]*\nNothing is wrong\n$/m);

  await app.query(`INSERT INTO migrations (timestamp, name) VALUES (1, 'OfLater1')`);
  await app.query(
    `INSERT INTO task_counts (project_id, status, shard, n) VALUES (gen_random_uuid(), 'pending', 0, 1)`,
  );
  const found = await millrace.call(['doctor']);
  expect(found.code).toBe(1);
  // what is wrong is at the end
  expect(found.stdout).toMatch(
    /\nwarning +migrations: [^]*\nerror +task_counts: .*\(millrace doctor --fix\)\n.*"table":"task_counts".*\nSomething is wrong\n$/,
  );
  const fixed = await millrace.call(['doctor', '--fix']);
  expect(fixed).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^fixed +task_counts: \d+ mended\n/),
  });
  await app.query(`DELETE FROM migrations WHERE name = 'OfLater1'`);
  expect(await millrace.json('doctor', '--fix')).toMatchObject({ fixes: [], report: { status: 'ok' } });
});

test('help shows examples, errors are one line with a hint, and completion works', async () => {
  const help = await millrace.call(['run', '--help']);
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Examples:') });
  const typo = await millrace.run(['tasks', 'lst']);
  expect(typo).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean list?') });
  expect((await millrace.call(['tasks', 'list', '--limit', 'many'])).code).toBe(2);
  const script = (await millrace.call(['completion', 'bash'])).stdout;
  const complete = `export PATH="$1:$PATH"; eval "$2"; COMP_WORDS=(millrace tasks c); COMP_CWORD=2; _millrace; echo "\${COMPREPLY[@]}"`;
  const completed = await new Millrace(
    'bash',
    ['-c', complete, 'bash', join(folder, 'node_modules/.bin'), script],
    millrace.env,
  ).end();
  expect(completed).toEqual({ code: 0, stdout: 'create cancel\n', stderr: '' });
  expect((await millrace.call(['completion', 'zsh'])).stdout).toContain('#compdef millrace');
});

describe('serve and worker', () => {
  let database: TestDatabase;
  let env: Environment;
  let port: number;
  beforeAll(async () => {
    // in single mode a second server on the database of the first is refused
    database = await TestDatabase.create(inject('postgresUrl'));
    port = await freePort();
    env = {
      ...app.env,
      DATABASE_URL: database.url,
      DATA_DIR: join(app.dataDir, 'serve'),
      MILLRACE_HOME: root,
      PORT: String(port),
    };
  });
  afterAll(() => database.drop());

  const isHealthy = () => fetch(`http://127.0.0.1:${port}/api/health/`).then(({ ok }) => ok);
  const runs = async () => {
    const { code, stdout, stderr } = await new Installed(folder, {
      HOME: join(folder, 'elsewhere'),
      API_BASE_URL: `http://127.0.0.1:${port}/api`,
      API_TOKEN: await tokenOf(port),
    }).call(['run', 'echo here; exit 3']);
    expect([code, stdout, stderr]).toEqual([3, 'here\n', expect.any(String)]);
  };

  test('serve fails without an installation of Millrace', async () => {
    const nowhere = await millrace.call(['serve']);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('Set MILLRACE_HOME') });
  });

  test('backup and restore work on the host of the server', async () => {
    const file = join(folder, 'backup');
    for (const action of ['backup', 'restore']) {
      const nowhere = await millrace.call([action, file]);
      expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('Set MILLRACE_HOME') });
    }
    const empty = join(folder, 'empty');
    const refused = await millrace.run(['backup', file, '--data-dir', empty], { MILLRACE_HOME: root });
    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr: `${empty} holds no database: set DATA_DIR, or DATABASE_URL, as for the server\n`,
    });
    await writeFile(file, 'something else');
    const foreign = await millrace.run(['restore', file, '--data-dir', empty], { MILLRACE_HOME: root });
    expect(foreign).toMatchObject({ code: 1, stderr: `${file} is no backup, or it is damaged\n` });
  });

  test('serve starts a server and stops it cleanly', async () => {
    const serving = millrace.start(['serve', '--port', String(port)], { ...env, PORT: '1' });
    await until(isHealthy, { timeout: 60_000, what: 'the server to answer' });
    await runs();
    serving.signal('SIGTERM');
    expect((await serving.end()).code).toBe(0);
  });

  const workers = async () => {
    const serving = millrace.start(['serve', '--role', 'api'], env);
    await until(isHealthy, { timeout: 60_000, what: 'the server to answer' });
    const working = millrace.start(['worker'], { ...env, LOG_LEVEL: 'info' });
    await working.says('takes work');
    await runs();
    for (const child of [working, serving]) {
      child.signal('SIGTERM');
      expect((await child.end()).code).toBe(0);
    }
  };

  const noWorkers = async () => {
    const { code, stdout, stderr } = await millrace.run(['worker'], env);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('The role worker needs a REDIS_URL');
  };

  if (usesRedis) test('worker starts a worker for a server of role api', workers);
  else test('worker fails without Redis', noWorkers);
});

// npm links only what is there when it installs, which is before the build
test('the program of a clone that is not built exits with the command to build it', async () => {
  const { bin } = JSON.parse(await readFile(join(root, 'cli/package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  const clone = await mkdtemp(join(tmpdir(), 'millrace-cli-'));
  try {
    await cp(join(root, 'cli', bin['millrace']!), join(clone, bin['millrace']!));
    await writeFile(join(clone, 'package.json'), '{"type":"module"}');
    const { status, stderr } = spawnSync(join(clone, bin['millrace']!), { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, 'millrace: this copy is not built. Run: npm run build\n']);
  } finally {
    await rm(clone, { recursive: true, force: true });
  }
});

async function tokenOf(port: number): Promise<string> {
  const { token = '' } = await new Client(() => `http://127.0.0.1:${port}`).as(app.admin.credentials!);
  return token;
}
