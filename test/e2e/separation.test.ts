import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { living, token } from '../faults/steps.js';
import { useApp } from '../support/app.js';
import { root } from '../support/build.js';
import { inSession, readKey, storeKey } from '../support/keyring.js';
import type { Client } from '../support/client.js';
import { ServerProcess } from '../support/server-process.js';
import { descendants, isAlive } from '../support/process-table.js';
import { until } from '../support/until.js';
import {
  data,
  execute,
  lastExecution,
  makeJob,
  makeProject,
  outputOf,
  reached,
  refusal,
  runJob,
  type Json,
} from './steps.js';

const main = join(root, 'dist/bundle/main.js');
const unsafe = { options: { allow_unsafe: true } };
const status = (pid: number) => readFileSync(`/proc/${pid}/status`, 'latin1');
const userOf = (pid: number) => Number(/^Uid:\t(\d+)/m.exec(status(pid))?.[1]);

// Projects have separate users only if the server runs as root.
const asRoot = process.getuid?.() === 0;
const kinds = ['none', ...(inject('namespaces') ? ['bubblewrap'] : [])];

describe.runIf(asRoot).each(kinds)(
  'commands of different projects on a server started as root, isolation %s',
  (isolation) => {
    const app = useApp({
      env: { EXECUTOR_ISOLATION: isolation, CANCEL_GRACE_SECONDS: '1', WORKER_CONCURRENCY: '8' },
      command: [...inSession('operators', 'a key of the operator'), process.execPath, main],
    });
    let victim: Client;
    let attacker: Client;
    let mine: Json;
    let theirs: Json;
    beforeAll(async () => {
      victim = await app.admin.createUser('developer');
      attacker = await app.admin.createUser('developer');
      mine = await makeProject(victim);
      theirs = await makeProject(attacker);
    });

    /** Starts a command that looks unsafe, which an administrator has to allow. */
    async function begin(client: Client, project: Json, command: string): Promise<Json> {
      const job = await makeJob(client, project, command);
      await execute(app.admin, job, unsafe);
      return job;
    }

    test.runIf(existsSync('/proc/self/autogroup'))(
      'do not take CPU time from the launcher, whatever sessions they open',
      async () => {
        const launcher = await app.workers[0]!.launcherPid();
        expect(readFileSync(`/proc/${launcher}/autogroup`, 'latin1')).toContain('nice -15');
        const { execution_id } = await runJob(attacker, theirs, 'cat /proc/self/autogroup');
        expect(await outputOf(app, execution_id)).toContain('nice 0');
      },
    );

    test('cannot see, signal, read or write anything of each other', async () => {
      const word = token();
      const secret = `a secret value ${word}`;
      await data(200, victim.put(`/api/projects/${mine.id}/secrets/TOK`, { value: secret }));
      const keeping = `umask 0; echo ${secret} > keep.txt; mkdir -p open; pwd > place; echo ready; sleep 300.${word}`;
      const running = await begin(victim, mine, keeping);
      await until(async () => (await living(`300.${word}`)).length > 0, {
        what: 'the command of the other project',
      });
      const { execution_id } = await runJob(victim, mine, 'cat place');
      const place = (await outputOf(app, execution_id)).trim();
      const spy = `cat ${place}/keep.txt; ls ${place} ${place}/..; touch ${place}/open/new && echo WROTE
      for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; tr '\\0' ' ' < $p/cmdline; ls -l $p/cwd $p/fd; done | grep ${word}
      for p in /proc/[0-9]*; do kill -9 \${p#/proc/} 2>/dev/null; done; true`;
      // not named in the command line, in which its own word would be found
      const job = await begin(
        attacker,
        theirs,
        `sh -c '${spy.replaceAll("'", `'"'"'`)}' 2>&1 | grep -v ' ${place}' ; true`,
      );
      await until(async () => (await lastExecution(attacker, job)).finished_at !== null, {
        what: 'the end of the spy',
      });
      const seen = await outputOf(app, (await lastExecution(attacker, job)).execution_id);
      for (const hidden of [secret, 'keep.txt', 'WROTE'])
        expect([hidden, seen.includes(hidden)]).toEqual([hidden, false]);
      expect((await living(`300.${word}`)).length).toBeGreaterThan(0);
      await data(200, victim.post(`/api/tasks/${running.id}/cancel`));
    });

    test('run scripts by the interpreter of the shebang line, up to their end or timeout', async () => {
      const script = '#!/usr/bin/perl -l\r\n$| = 1; print "perl $<\\n$0";\r\nsleep ($ENV{PAUSE} || 0);\r\n';
      const ended = await runJob(victim, mine, script);
      const environment = { PAUSE: '1000' };
      const stopped = await runJob(victim, mine, script, 'failed', { environment, timeout: 1 });
      expect(stopped).toMatchObject({ reason: 'TASK_TIMEOUT', exit_code: -15 });
      for (const { execution_id } of [ended, stopped]) {
        const output = /^perl [1-9]\d*\n(\/.*)\n/.exec(await outputOf(app, execution_id));
        expect(output && existsSync(output[1]!)).toBe(false);
      }
    });

    test('share no kernel keyring with each other or with the user who started the server', async () => {
      const { execution_id: stored } = await runJob(attacker, theirs, storeKey('left', 'a message'));
      expect(await outputOf(app, stored)).toBe('refused: Function not implemented\n');
      const { execution_id } = await runJob(
        victim,
        mine,
        `${readKey('left')}; ${readKey('operators')}; cat /proc/keys; true`,
      );
      expect(await outputOf(app, execution_id)).toMatch(/^none\nnone\n(?![^]*(left|operators))/);
    });

    test('cannot prevent the end of each other by a forged mark of an execution', async () => {
      const claimed = await begin(victim, mine, 'sleep 1');
      await reached(victim, claimed, 'running');
      // the marks of the runs before it: whoever lowers a limit to one of them is taken for a process of that run
      const claim = `own=$(awk '/Max file locks/{print $4}' /proc/self/limits); echo "own $own"
      while :; do for k in 1 2 3 4 5; do prlimit --locks=$((own - k)):$((own - k)) sleep 1 & done; sleep 0.05; done`;
      const claiming = await begin(attacker, theirs, claim);
      await reached(attacker, claiming, 'running');
      await reached(victim, claimed, 'completed', 60_000);
      expect((await lastExecution(attacker, claiming)).status).toBe('running');
      await data(200, attacker.post(`/api/tasks/${claiming.id}/cancel`));
    });

    test('have no privileges, cannot gain any, and are the first victims of the OOM killer', async () => {
      const look = `id -u; grep -E '^(CapEff|CapPrm|NoNewPrivs|Groups)' /proc/self/status; cat /proc/self/oom_score_adj; ulimit -p; readlink /proc/self/fd/1`;
      const { execution_id } = await runJob(victim, mine, look);
      const lines = (await outputOf(app, execution_id)).split('\n');
      expect(Number(lines[0])).toBeGreaterThan(0);
      expect(lines.slice(1, 7).map((line) => line.replaceAll(/\s+/g, ' ').trim())).toEqual([
        expect.stringMatching(/^Groups:( \d+)?$/),
        'CapPrm: 0000000000000000',
        'CapEff: 0000000000000000',
        'NoNewPrivs: 1',
        '500',
        '2048',
      ]);
      // nothing that others can fill up or clean away
      expect(lines[7]).toMatch(/^\/run\/millrace\//);
    });

    test('cannot leave their workspace, and learn nothing about files outside', async () => {
      const closed = mkdtempSync('/root/millrace-test-');
      try {
        mkdirSync(join(closed, 'inner'), { mode: 0o755 });
        writeFileSync(join(closed, 'inner/note.txt'), 'a note of root');
        const links = `ln -s ${closed}/inner secret; ln -s ${closed}/nowhere nothing; ln -s /usr outside; mkdir -p real/sub`;
        await runJob(attacker, theirs, links);
        const errorOf = async (working_directory: string) =>
          (await runJob(attacker, theirs, 'cat note.txt', 'failed', { working_directory })).error.replace(
            working_directory,
            '…',
          );
        expect(await errorOf('secret')).toBe(await errorOf('nothing'));
        expect(await errorOf('outside')).toContain('is outside the workspace');

        // a folder that is now inside and now outside: entered with the rights of the command's user only
        const flip = `trap 'exit 0' TERM; while :; do ln -s real/sub a; mv -T a d; ln -s ${closed}/inner a; mv -T a d; done`;
        const flipping = await begin(attacker, theirs, flip);
        await reached(attacker, flipping, 'running');
        const jobs = await Promise.all(
          Array.from({ length: 25 }, () =>
            makeJob(attacker, theirs, 'cat note.txt 2>/dev/null; true', { working_directory: 'd' }),
          ),
        );
        for (const job of jobs) await execute(attacker, job);
        // one after another: each that waits asks again and again
        const ended: Json[] = [];
        for (const job of jobs)
          ended.push(
            await until(
              async () => {
                const last = await lastExecution(attacker, job);
                return last.finished_at === null ? undefined : last;
              },
              { timeout: 60_000, what: 'the end of a run' },
            ),
          );
        await attacker.post(`/api/tasks/${flipping.id}/cancel`);
        for (const { output_bytes } of ended) expect(output_bytes).toBe(0);
      } finally {
        rmSync(closed, { recursive: true });
      }
    });

    test('are not confused by foreign folders named like those of a launcher', async () => {
      const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
      const bases = ['/dev/shm', '/tmp'].filter((base) => existsSync(base));
      const planted = bases.flatMap((base) =>
        ['millrace', 'launcher'].map((name) => join(base, `${name}-4000000.1.${namespace}-x`)),
      );
      const loops = planted.map((path) => `${path}loop`);
      try {
        for (const path of planted) {
          mkdirSync(path);
          writeFileSync(join(path, 'precious.txt'), 'kept');
        }
        for (const path of loops) symlinkSync(path, path);
        const launchers = await Promise.all(app.workers.map((worker) => worker.launcherPid()));
        const job = await makeJob(attacker, theirs, 'exit 1', {});
        await execute(attacker, job);
        await reached(attacker, job, 'failed');
        // what repeats an attempt looks first for what is left of earlier ones
        await data(202, attacker.post(`/api/tasks/${job.id}/retry`, {}));
        await until(async () => (await lastExecution(attacker, job)).attempt === 2, {
          what: 'the second attempt',
        });
        await reached(attacker, job, 'failed');
        for (const path of planted) expect(readFileSync(join(path, 'precious.txt'), 'utf8')).toBe('kept');
        expect(await Promise.all(app.workers.map((worker) => worker.launcherPid()))).toEqual(launchers);
      } finally {
        for (const path of [...planted, ...loops]) rmSync(path, { recursive: true, force: true });
      }
    });

    // with isolation they are the same
    if (isolation === 'none')
      describe('the processes of the server', () => {
        test('are unprivileged, except for the supervisor and a launcher with four capabilities', async () => {
          for (const server of app.processes) {
            expect(userOf(server.supervisorPid)).toBe(0);
            expect(userOf(server.pid)).not.toBe(0);
            expect(status(server.pid)).toMatch(/^CapPrm:\t0+$/m);
          }
          for (const worker of app.workers) {
            const launcher = status((await worker.launcherPid())!);
            expect(launcher).toMatch(/^NoNewPrivs:\t1$/m);
            // chown, kill, setgid, setuid
            expect(Number.parseInt(/^CapPrm:\t(\w+)/m.exec(launcher)?.[1] ?? '', 16) & ~0xe1).toBe(0);
          }
        });

        test('include a launcher with its own IPC namespace, where shared memory ends with its last process', async () => {
          const [worker] = app.workers;
          const namespace = (pid: number) => readlinkSync(`/proc/${pid}/ns/ipc`);
          expect(namespace((await worker!.launcherPid())!)).not.toBe(namespace(worker!.pid));
          const project = await makeProject(app.admin);
          const first = await runJob(
            app.admin,
            project,
            'ipcmk -M 4096; sleep 0.1; ipcs -m | grep -c 4096 || true',
          );
          const second = await runJob(app.admin, project, 'ipcs -m | grep -c 4096 || true');
          const outputs = await Promise.all(
            [first, second].map(({ execution_id }) => outputOf(app, execution_id)),
          );
          expect(outputs.map((output) => output.trim().split('\n').at(-1))).toEqual(['0', '0']);
        });

        test('are not ready without a launcher, lose no execution, and recover', async () => {
          const project = await makeProject(app.admin);
          await runJob(app.admin, project, 'true');
          const [worker] = app.workers;
          const launcher = (await worker!.launcherPid())!;
          const folder = JSON.parse(
            readFileSync(`/proc/${launcher}/cmdline`, 'utf8')
              .split('\0')
              .find((part) => part.startsWith('{')) ?? '{}',
          ).runFolder as string;
          // others could write to it, so no launcher starts there
          chmodSync(folder, 0o777);
          let job: Json;
          try {
            for (const { launcherPid } of app.workers.map((one) => ({ launcherPid: one.launcherPid() })))
              process.kill((await launcherPid)!, 'SIGKILL');
            const readiness = async () =>
              (await fetch(`${app.url}/api/health/ready`)).json() as Promise<Json>;
            if (app.apis.includes(worker!))
              await until(async () => (await readiness()).data.reasons.includes('launcher'), {
                what: 'it to be not ready',
              });
            job = await makeJob(app.admin, project, 'echo late');
            await execute(app.admin, job);
            expect((await lastExecution(app.admin, job)).status).toBe('queued');
          } finally {
            chmodSync(folder, 0o711);
          }
          await reached(app.admin, job, 'completed', 30_000);
        });

        test('end with the supervisor, and so do their commands', async () => {
          const word = token();
          const job = await makeJob(app.admin, await makeProject(app.admin), `sleep 300.${word}`);
          await execute(app.admin, job);
          await until(async () => (await living(word)).length > 0, { what: 'the command to run' });
          for (const server of app.workers) {
            const below = await descendants(server.supervisorPid);
            // it is not the server that is killed
            process.kill(server.supervisorPid, 'SIGKILL');
            await server.exited();
            await until(
              async () => (await Promise.all(below.map(({ pid }) => isAlive(pid)))).every((alive) => !alive),
              {
                timeout: 15_000,
                what: 'the end of all that it had started',
              },
            );
          }
          expect(await living(word)).toEqual([]);
          for (const server of app.workers) {
            server.start();
            await app.ready(server);
          }
        });
      });
  },
);

describe.runIf(asRoot)(
  'a container whose root has four capabilities and no new privileges, and secrets in files',
  () => {
    const folder = mkdtempSync('/run/millrace-test-');
    const secret = (name: string, value: string) => {
      writeFileSync(join(folder, name), `${value}\n`, { mode: 0o400 });
      return join(folder, name);
    };
    const jwtSecret = 'a secret of the tests that comes in a file';
    const app = useApp({
      command: [
        'setpriv',
        '--bounding-set=-all,+chown,+kill,+setgid,+setuid',
        '--inh-caps=-all',
        '--no-new-privs',
        process.execPath,
        join(root, 'dist/bundle/main.js'),
      ],
      env: {
        EXECUTOR_ISOLATION: 'auto',
        JWT_SECRET_FILE: secret('jwt_secret', jwtSecret),
        SECRETS_KEY_FILE: secret('secrets_key', 'another secret of the tests in a file'),
      },
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test('executes commands, hides its secrets from them, and separates projects', async () => {
      for (const server of app.processes) {
        expect(status(server.supervisorPid)).toMatch(/^CapPrm:\t0{14}e1$/m);
        expect(userOf(server.pid)).not.toBe(0);
      }
      const [mine, other] = [await makeProject(app.admin), await makeProject(app.admin)];
      const { execution_id } = await runJob(app.admin, mine, 'umask 0; echo kept > keep.txt; pwd; id -u');
      const [place = '', uid] = (await outputOf(app, execution_id)).split('\n');
      expect(Number(uid)).toBeGreaterThan(0);
      const look = `cat ${place}/keep.txt ${folder}/* ${app.dataDir}/*; cat /proc/[0-9]*/environ | tr '\\0' '\\n'; true`;
      const job = await makeJob(app.admin, other, `( ${look} ) 2>/dev/null`);
      await execute(app.admin, job, unsafe);
      await reached(app.admin, job, 'completed');
      const seen = await outputOf(app, (await lastExecution(app.admin, job)).execution_id);
      for (const hidden of ['kept', jwtSecret, 'another secret'])
        expect([hidden, seen.includes(hidden)]).toEqual([hidden, false]);
    });

    test('opens a workspace whose permissions a command has removed', async () => {
      const project = await makeProject(app.admin);
      await runJob(app.admin, project, 'chmod 0 .');
      await runJob(app.admin, project, 'echo works > again');
    });

    test('refuses to start with a secret file that everybody can read', async () => {
      const open = secret('open', jwtSecret);
      chmodSync(open, 0o444);
      const server = new ServerProcess('all', 0, { ...app.env, JWT_SECRET_FILE: open });
      server.start();
      expect((await server.exited()).code).toBe(1);
      expect(server.stderr).toContain('JWT_SECRET_FILE names a file that everybody may read');
      expect(server.stderr).not.toContain(jwtSecret);
    });
  },
);

// a copy of the sources in a folder of root's is out of reach for others
const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
const canBeOrdinary = !asRoot || spawnSync('setpriv', [...nobody, 'test', '-r', main]).status === 0;

describe.runIf(canBeOrdinary)('a server of an ordinary user without isolation', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-data-'));
  if (asRoot) chownSync(dataDir, 65534, 65534);
  // a data folder may be reached by a link
  const link = `${dataDir}-link`;
  symlinkSync(dataDir, link);
  const app = useApp({
    env: { DATA_DIR: link, ALLOW_UNISOLATED_SECRETS: 'true' },
    command: [
      ...(asRoot ? ['setpriv', ...nobody] : []),
      ...inSession('operators', 'a key of the operator'),
      process.execPath,
      main,
    ],
  });
  afterAll(() => {
    rmSync(link);
    rmSync(dataDir, { recursive: true });
  });

  test('repairs the permissions of a workspace for the next execution', async () => {
    const project = await makeProject(app.admin);
    await runJob(app.admin, project, 'chmod 0 .');
    await runJob(app.admin, project, 'echo works > again');
  });

  test('does not pass the kernel keyring of its user to commands', async () => {
    const project = await makeProject(app.admin);
    const { execution_id } = await runJob(app.admin, project, readKey('operators'));
    expect(await outputOf(app, execution_id)).toBe('none\n');
  });

  test('accepts project secrets and passes them to commands only while ALLOW_UNISOLATED_SECRETS is set', async () => {
    const project = await makeProject(app.admin);
    const path = `/api/projects/${project.id}/secrets/TOK`;
    await data(200, app.admin.put(path, { value: 'a secret' }));
    const allowed = await runJob(app.admin, project, 'echo ${#TOK}');
    expect(await outputOf(app, allowed.execution_id)).toBe('8\n');

    for (const server of app.processes) await server.stop();
    delete app.env['ALLOW_UNISOLATED_SECRETS'];
    for (const { role } of app.processes.splice(0)) await app.add(role);
    expect(await runJob(app.admin, project, 'echo ${#TOK}', 'failed')).toMatchObject({
      output_bytes: 0,
      error: expect.stringContaining('cannot keep them from other projects'),
    });
    const other = await makeProject(app.admin);
    const refused = app.admin.put(`/api/projects/${other.id}/secrets/TOK`, { value: 'a secret' });
    expect(await refusal(refused)).toBe('409 SECRETS_UNPROTECTED');
    await runJob(app.admin, other, 'echo runs all the same');
  });
});

if (!asRoot)
  test('skipped without root: only as root each project has a user id of its own', () => undefined);
