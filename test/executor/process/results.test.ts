import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Launcher } from '../../../src/executor/process/launcher.js';
import {
  asRoot,
  fixtures,
  manners,
  named,
  request,
  run,
  runFolder,
  startLauncher,
  survivors,
  text,
  until,
} from './harness.js';

const each = manners.map((manner) => [named(manner), manner] as const);

let launcher: Launcher;
beforeAll(async () => {
  launcher = await startLauncher();
});
afterAll(async () => {
  const { pid } = launcher;
  await launcher.close();
  expect(survivors(pid)).toEqual([]);
});

describe.each(each)('exit codes, %s', (_named, manner) => {
  test.each([
    ['true', 0],
    ['exit 7', 7],
    ['no-such-program-anywhere', 127],
    ['/tmp', 126],
    ['kill -TERM $$', -15],
    ['kill -KILL $$', -9],
    ['', 0],
    ['# only a comment', 0],
  ])('%j gives %i', async (command, exitCode) => {
    expect(await run(launcher, command, manner)).toMatchObject({ exitCode, leftBehind: 0 });
  });

  test('a syntax error is reported with the right line number', async () => {
    expect(await run(launcher, 'echo one (')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/: 1: Syntax error/),
    });
    expect(await run(launcher, 'echo one\necho two (')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/: 2: Syntax error/),
    });
  });

  test('the shell execs its last command as it does without a mark', async () => {
    const command = "awk '/^PPid/{print $2}' /proc/self/status";
    const plain = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8' }).stdout.trim();
    const marked = (await run(launcher, command)).stdout.trim();
    expect(marked === String(launcher.pid)).toBe(plain === String(process.pid));
    const running = await launcher.launch(request("exec awk '/^Pid/{print $2}' /proc/self/status"));
    const [pid] = await Promise.all([text(running.stdout), text(running.stderr), running.finished]);
    expect(Number(pid)).toBe(running.pid);
  });
});

describe('invalid and unusual commands', () => {
  test.each([
    ['no/such/folder', 'WORKING_DIRECTORY_MISSING'],
    ['/tmp/no/such/folder', 'WORKING_DIRECTORY_MISSING'],
    ['../etc', 'WORKING_DIRECTORY_OUTSIDE'],
    ['../etc/passwd', 'WORKING_DIRECTORY_OUTSIDE'],
    ['../no/such/folder', 'WORKING_DIRECTORY_OUTSIDE'],
  ])('the working directory %s is refused', async (workingDirectory, code) => {
    await expect(launcher.launch(request('true', { workingDirectory }))).rejects.toMatchObject({ code });
  });

  test('a run that is refused before it starts leaves no pipes', async () => {
    const own = await startLauncher();
    const pipes = () =>
      readdirSync(runFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFIFO())
        .length;
    const refused = () =>
      expect(own.launch(request('true', { workingDirectory: 'no/such/folder' }))).rejects.toMatchObject({
        code: 'WORKING_DIRECTORY_MISSING',
      });
    await refused();
    const before = pipes();
    await refused();
    // each of the two streams has one pipe, and where it is relayed another one
    expect([2, 4]).toContain(before - pipes());
    await own.close();
  });

  test('a command above the size limit of the system is refused', async () => {
    await expect(launcher.launch(request(`: ${'x'.repeat(200_000)}`))).rejects.toMatchObject({
      code: 'SPAWN_FAILED',
      errno: 'E2BIG',
    });
    expect(await run(launcher, 'echo still here')).toMatchObject({ stdout: 'still here\n' });
  });

  test.runIf(asRoot)('a failed fork is reported by the command, and the launcher keeps working', async () => {
    const nproc = (limit: string) =>
      spawnSync('prlimit', ['--pid', String(launcher.pid), `--nproc=${limit}`]);
    const shown = ['--pid', String(launcher.pid), '--nproc', '-o', 'SOFT', '--noheadings', '--raw'];
    const before = spawnSync('prlimit', shown, { encoding: 'utf8' }).stdout.trim();
    nproc('0:');
    const user = { uid: 65534, gid: 65534 };
    const refused = await run(launcher, 'true', { user });
    nproc(`${before}:`);
    expect(refused).toMatchObject({
      // of the shell's start, or of its first fork
      stderr: expect.stringMatching(/Resource temporarily unavailable|Cannot fork/),
    });
    expect(refused.exitCode).not.toBe(0);
    expect(await run(launcher, 'echo still here', { user })).toMatchObject({ stdout: 'still here\n' });
  });

  test('a command with CRLF line ends runs', async () => {
    const command = 'if true; then\r\n  echo a\r\nfi\r\nprintf "b\\r\\n"\r\n';
    expect(await run(launcher, command)).toMatchObject({ stdout: 'a\nb\r\n', exitCode: 0 });
  });

  test('a NUL in the command is refused', async () => {
    await expect(launcher.launch(request('echo a\0b'))).rejects.toMatchObject({ code: 'SPAWN_FAILED' });
  });

  test('a second attempt of a running execution is refused', async () => {
    const first = await launcher.launch(request('read line; sleep 1000 & wait', { executionId: 'twice' }));
    first.stdout.resume();
    first.stderr.resume();
    await expect(launcher.launch(request('true', { executionId: 'twice' }))).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
    });
    await first.terminate(0);
    expect(await run(launcher, 'true', { executionId: 'twice' })).toMatchObject({ exitCode: 0 });
  });
});

describe('output', () => {
  test('100 MB arrive unchanged', async () => {
    const running = await launcher.launch(
      request(
        'head -c 100000000 /dev/zero | openssl enc -aes-128-ctr -nosalt -pass pass:x -md md5 2>/dev/null | tee /dev/stderr | md5sum >/tmp/millrace-test-$$; cat /tmp/millrace-test-$$ >&2; rm /tmp/millrace-test-$$',
      ),
    );
    const hash = createHash('md5');
    let bytes = 0;
    let told = '';
    running.stdout.resume();
    for await (const chunk of running.stderr) {
      const data = chunk as Buffer;
      const payload = data.subarray(0, Math.max(0, Math.min(data.length, 100_000_000 - bytes)));
      hash.update(payload);
      bytes += data.length;
      told += data.subarray(payload.length).toString('latin1');
    }
    expect((await running.finished).exitCode).toBe(0);
    expect(bytes).toBeGreaterThan(100_000_000);
    expect(told.slice(0, 32)).toBe(hash.digest('hex'));
  }, 60_000);

  test('stdout and stderr are separate', async () => {
    expect(await run(launcher, 'for i in 1 2 3; do echo out$i; echo err$i >&2; done')).toMatchObject({
      stdout: 'out1\nout2\nout3\n',
      stderr: 'err1\nerr2\nerr3\n',
    });
  });

  test.each(each)('/dev/stderr, /dev/stdout and tee work (%s)', async (_named, manner) => {
    const end = await run(
      launcher,
      'echo e > /dev/stderr; echo o > /dev/stdout; echo t | tee /dev/stdout; echo p > /proc/self/fd/2',
      manner,
    );
    expect(end).toMatchObject({ exitCode: 0, stdout: 'o\nt\nt\n', stderr: 'e\np\n' });
  });

  test.each(each)('standard input is empty, and there is no terminal (%s)', async (_named, manner) => {
    const command =
      'read line; echo "$? [$line]"; readlink /proc/self/fd/0; (: < /dev/tty) 2>/dev/null || echo no terminal; tty';
    expect(await run(launcher, command, manner)).toMatchObject({
      stdout: '1 []\n/dev/null\nno terminal\nnot a tty\n',
    });
  });

  test.each(each)('a writer gets SIGPIPE when the reader has ended (%s)', async (_named, manner) => {
    const { stdout, stderr } = await run(launcher, '(yes; echo $? >&2) | head -n 1', manner);
    expect([stdout, stderr]).toEqual(['y\n', '141\n']);
  });

  test('an output pipe that another process holds does not delay the end of the execution', async () => {
    const running = await launcher.launch(request('echo kept; kill -STOP $$; echo more'));
    const stranger = spawn('/bin/sh', ['-c', `exec 5>/proc/${running.pid}/fd/1; echo held; read line`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => stranger.stdout.once('data', resolve));
    const isStopped = () => readFileSync(`/proc/${running.pid}/status`, 'latin1').includes('State:\tT');
    await until(isStopped, 'the command to stop itself');
    process.kill(running.pid, 'SIGCONT');
    const [out] = await Promise.all([text(running.stdout), text(running.stderr)]);
    expect(await running.finished).toMatchObject({ exitCode: 0, leftBehind: 0 });
    expect(out).toBe('kept\nmore\n');
    expect(stranger.exitCode).toBeNull();
    stranger.stdin.end();
    await new Promise((resolve) => stranger.once('exit', resolve));
  });
});

describe('the process environment of a command', () => {
  test.each(each)(
    'has only the standard descriptors, default signals and umask 022 (%s)',
    async (_named, manner) => {
      const { stdout } = await run(
        launcher,
        'ls /proc/self/fd | wc -w; grep -E "^Sig(Blk|Ign)" /proc/self/status; umask',
        manner,
      );
      // The fourth is the folder that `ls` reads.
      expect(stdout).toBe('4\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n0022\n');
    },
  );

  test.each(each)(
    'contains exactly the given variables and the marks of the execution (%s)',
    async (_named, manner) => {
      const { stdout } = await run(launcher, 'env | grep -vE "^(PWD|_|SHLVL|OLDPWD)="', {
        ...manner,
        executionId: 'env-1',
        environment: { PATH: '/usr/bin:/bin', A: 'ü =\n2' },
      });
      expect(stdout.split('\n').filter(Boolean).toSorted()).toEqual([
        '2',
        'A=ü =',
        'MILLRACE_EXECUTION_ID=env-1',
        expect.stringMatching(/^MILLRACE_LAUNCHER=\d+\.\d+\.\d+$/),
        'PATH=/usr/bin:/bin',
      ]);
    },
  );

  test('ignores a variable that affects the dynamic loader until the limits are set', async () => {
    const environment = { PATH: '/usr/bin:/bin', LD_PRELOAD: '/nowhere/swallow.so' };
    for (const manner of manners.filter(({ bubblewrap }) => !bubblewrap)) {
      const outside = await run(launcher, 'true', { ...manner, environment });
      expect(outside).toMatchObject({ exitCode: 0, stderr: '' });
      const inside = await run(launcher, '/bin/true', { ...manner, environment });
      expect(inside.stderr.match(/swallow\.so/g)).toHaveLength(1);
    }
  });

  test.each(each)('has the resource limits (%s)', async (_named, manner) => {
    const limits = { memoryBytes: 2 ** 30, cpuSeconds: 5, fileSizeBytes: 1024 * 1024, openFiles: 64 };
    const { stdout } = await run(launcher, 'ulimit -v; ulimit -t; ulimit -H -t; ulimit -f; ulimit -n', {
      ...manner,
      limits,
    });
    expect(stdout).toBe('1048576\n5\n10\n2048\n64\n');
  });

  test('has no zombie processes of earlier commands', async () => {
    await Promise.all(Array.from({ length: 20 }, () => run(launcher, '(sleep 0.01 &) & setsid true & true')));
    const { stdout } = spawnSync('ps', ['--ppid', String(launcher.pid), '-o', 'stat='], { encoding: 'utf8' });
    expect(stdout).not.toContain('Z');
  });

  test.runIf(asRoot)('belongs to another user, without supplementary groups', async () => {
    const { stdout } = await run(
      launcher,
      'id -u; id -g; grep ^Groups /proc/self/status; grep ^Cap /proc/self/status | sort -u -k2,2 | grep -c CapEff',
      { user: { uid: 65534, gid: 65534 } },
    );
    expect(stdout).toMatch(/^65534\n65534\nGroups:\t *\n/);
    const refused = await run(
      launcher,
      `cat /proc/${launcher.pid}/environ; ls ${fixtures}/../../../.. >/dev/null; kill -9 ${launcher.pid}`,
      { user: { uid: 65534, gid: 65534 } },
    );
    expect(refused.exitCode).not.toBe(0);
  });
});
