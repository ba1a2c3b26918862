import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Launcher } from '../../../src/executor/process/launcher.js';
import {
  asRoot,
  manners,
  named,
  printed,
  request,
  run,
  runFolder,
  startLauncher,
  survivors,
} from './harness.js';

const each = manners.map((manner) => [named(manner), manner] as const);
/** Scripts that are on disk, of whatever launcher of this file. */
const scripts = (): string[] =>
  readdirSync(runFolder, { recursive: true })
    .map(String)
    .filter((path) => path.includes('/command-'));

let launcher: Launcher;
beforeAll(async () => {
  launcher = await startLauncher();
});
afterAll(async () => {
  const { pid } = launcher;
  expect(scripts()).toEqual([]);
  await launcher.close();
  expect(survivors(pid)).toEqual([]);
  expect(readdirSync(runFolder).filter((name) => name.startsWith(`launcher-${pid}.`))).toEqual([]);
});

describe.each(each)('another shell than sh, %s', (_named, manner) => {
  const shell = (name: string) => ({ ...manner, shell: name });

  test('runs a command in the process that sh would have been', async () => {
    const command = 'list=(a "b c"); echo "${list[1]} $BASHPID $$ $#"; kill -TERM $$';
    const { stdout, exitCode } = await run(launcher, command, shell('bash'));
    expect(stdout).toMatch(/^b c (\d+) \1 0\n$/);
    expect(exitCode).toBe(-15);
  });

  test('can be named by its path, and by a program that is no shell', async () => {
    expect(await run(launcher, 'echo ${BASH##*/}', shell('/bin/bash'))).toMatchObject({ stdout: 'bash\n' });
    expect(await run(launcher, 'text', shell('echo'))).toMatchObject({ stdout: '-c text\n', exitCode: 0 });
  });

  test('gets the text as it is, up to the longest', async () => {
    const text = `: ${"''".repeat(32_000)}; printf '%s' "$BASH_EXECUTION_STRING" | wc -c`;
    const { stdout, stderr } = await run(launcher, text, shell('bash'));
    expect({ stderr, length: Number(stdout) }).toEqual({ stderr: '', length: text.length });
  });

  test('gets Unix line ends', async () => {
    expect(await run(launcher, 'echo a\r\necho b\r\n', shell('bash'))).toMatchObject({ stdout: 'a\nb\n' });
  });

  test.each(['no-such-shell', '/no/such/shell'])('%s that does not exist is told', async (name) => {
    expect(await run(launcher, 'echo a', shell(name))).toMatchObject({
      stdout: '',
      stderr: `The shell ${name}, which runs this command, does not exist on this host\n`,
      exitCode: 127,
    });
  });

  test('leaves a script to the interpreter that its first line names', async () => {
    const command = '#!/bin/sh\necho "${BASH_VERSION:-sh}"\n';
    expect(await run(launcher, command, shell('no-such-shell'))).toMatchObject({
      stdout: expect.any(String),
      exitCode: 0,
    });
  });
});

describe.each(each)('a shebang line, %s', (_named, manner) => {
  test('is respected', async () => {
    const command = '#!/usr/bin/perl -l\nuse strict;\nprint "perl $^X";\nprint STDERR "said";\nexit 7;\n';
    expect(await run(launcher, command, manner)).toMatchObject({
      stdout: 'perl /usr/bin/perl\n',
      stderr: 'said\n',
      exitCode: 7,
      leftBehind: 0,
    });
  });

  test('can name Node, which resolves the real name of its file', async () => {
    const command = `#!${process.execPath}\nconsole.log(require('node:path').isAbsolute(__filename), process.argv.length)`;
    const node = { ...manner, limits: {} };
    expect(await run(launcher, command, node)).toMatchObject({ stdout: 'true 2\n', stderr: '', exitCode: 0 });
  });

  test('can name env, which searches the interpreter in PATH', async () => {
    const command = '#!/usr/bin/env -S perl -l -w\nprint "found";';
    expect(await run(launcher, command, manner)).toMatchObject({ stdout: 'found\n', exitCode: 0 });
  });

  test('can name a shell with one argument, for a script longer than a program argument', async () => {
    const command = `#!/bin/sh -eu\n# ${'x'.repeat(200_000)}\ncase $- in *e*u* | *u*e*) echo "$#";; esac\nfalse\necho not reached\n`;
    expect(await run(launcher, command, manner)).toMatchObject({ stdout: '0\n', exitCode: 1 });
  });

  test('can end with CRLF', async () => {
    const command = '#!/usr/bin/perl -w\r\nprint "a\r\nb";\r\n';
    expect(await run(launcher, command, manner)).toMatchObject({ stdout: 'a\nb', stderr: '', exitCode: 0 });
  });

  test.each([
    [
      '/no/such/interpreter',
      127,
      'The interpreter /no/such/interpreter, which the first line names, does not exist\n',
    ],
    [
      'no-such-interpreter',
      127,
      'The interpreter no-such-interpreter, which the first line names, does not exist\n',
    ],
    ['sh', 127, 'The interpreter sh, which the first line names, does not exist\n'],
    [
      "/no/such/'; echo oops; '",
      127,
      "The interpreter /no/such/';, which the first line names, does not exist\n",
    ],
    ['/etc/passwd', 126, 'The interpreter /etc/passwd, which the first line names, cannot be run\n'],
    ['/usr', 126, 'The interpreter /usr, which the first line names, cannot be run\n'],
    [
      `/bin/sh ${'x'.repeat(300)}`,
      126,
      'The first line is longer than the 255 bytes that the system reads of it\n',
    ],
  ])('with %s is not run by another interpreter', async (interpreter, exitCode, stderr) => {
    expect(await run(launcher, `#!${interpreter}\necho oops\n`, manner)).toMatchObject({
      stdout: '',
      stderr,
      exitCode,
    });
  });

  test.each(['#!\necho a', '#! \necho a'])('%j without an interpreter is run by a shell', async (command) => {
    expect(await run(launcher, command, manner)).toMatchObject({ stdout: 'a\n', exitCode: 0 });
  });

  test('runs under limits that are lower than the size of its script', async () => {
    const command = `#!/usr/bin/perl\n# ${'x'.repeat(5000)}\n$SIG{XFSZ} = 'IGNORE';
      open my $file, '>', "/tmp/millrace-test-$$" or die; print "open\n"; syswrite($file, 'x' x 3000) == 1024 or die "wrote more"; unlink "/tmp/millrace-test-$$";
      print grep(/^Max (open|file size)/, do { open my $l, '<', '/proc/self/limits'; <$l> });`;
    const { stdout, stderr, exitCode } = await run(launcher, command, {
      ...manner,
      limits: { fileSizeBytes: 1024, openFiles: 64 },
    });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toMatch(/^open\nMax file size +1024 +1024 .*\nMax open files +64 +64 /);
  });

  test('has the same descriptors as a shell command', async () => {
    const list = (line: string) =>
      run(
        launcher,
        `${line}opendir my $d, "/proc/self/fd"; print join " ", grep /^[3-9]/, sort readdir $d;`,
        manner,
      );
    // the folder that is read itself
    expect((await list('#!/usr/bin/perl\n')).stdout).toMatch(/^(3|3 4)$/);
  });

  test('is terminated by a signal like a shell command', async () => {
    const term = await run(launcher, '#!/usr/bin/perl\nkill "TERM", $$; sleep 10;', manner);
    expect(term.exitCode).toBe(-15);
    const running = await launcher.launch(
      request(
        '#!/usr/bin/perl\n$| = 1; $SIG{TERM} = "IGNORE"; fork; print "ready\n"; sleep 1000 while 1;',
        manner,
      ),
    );
    await printed(running, 'ready');
    await running.terminate(50);
    expect(await running.finished).toMatchObject({ exitCode: -9 });
    expect(scripts()).toEqual([]);
  });
});

test('a NUL in a script is refused as in any command', async () => {
  await expect(launcher.launch(request('#!/bin/sh\necho a\0b'))).rejects.toMatchObject({
    code: 'SPAWN_FAILED',
  });
  expect(scripts()).toEqual([]);
});

test.runIf(asRoot)('a script is readable by the user of its command only, who cannot change it', async () => {
  const [one, other] = [60_201, 60_202].map((id) => ({ uid: id, gid: id }));
  const look = (path: string) =>
    `#!/bin/sh\ncat "${path}"; echo >> "${path}"; rm -f "${path}"; ls "${dirname(path)}"; echo done`;
  const running = await launcher.launch(
    request('#!/bin/sh\necho "$0"; echo "secret" | tr a-z A-Z; sleep 1000', { user: one }),
  );
  const path = /^(\/.*)\n/.exec(await printed(running, 'SECRET'))![1]!;
  const foreign = await run(launcher, look(path), { user: other });
  expect(foreign.stdout).toBe('done\n');
  expect(foreign.stderr.match(/Permission denied/g)).toHaveLength(4);
  const own = await run(launcher, look(path), { user: one });
  expect(own.stdout).toContain('echo "secret"');
  expect(own.stderr.match(/Permission denied/g)).toHaveLength(3);
  expect(readFileSync(path, 'utf8')).toContain('secret');
  await running.terminate(0);
});

test('script files of a killed launcher are removed by the next one', async () => {
  const first = await startLauncher();
  const running = await first.launch(request('#!/bin/sh\necho ready; sleep 1000'));
  await printed(running, 'ready');
  expect(scripts()).toHaveLength(1);
  process.kill(first.pid, 'SIGKILL');
  await expect(running.finished).rejects.toMatchObject({ code: 'LAUNCHER_LOST' });
  expect(scripts()).toEqual([]);
  await first.close();
});

// only root may mount
test.runIf(asRoot)('a script runs on a file system that is mounted noexec', async () => {
  const folder = mkdtempSync('/run/millrace-test-noexec-');
  chmodSync(folder, 0o711);
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'noexec,mode=711', 'tmpfs', folder]).status !== 0) return;
    writeFileSync(join(folder, 'probe'), '#!/bin/sh\n', { mode: 0o755 });
    expect(spawnSync(join(folder, 'probe')).error).toMatchObject({ code: 'EACCES' });
    const other = await startLauncher({ runFolder: folder });
    expect(await run(other, '#!/bin/sh\necho "$0"')).toMatchObject({
      stdout: expect.stringContaining(folder),
      exitCode: 0,
    });
    await other.close();
  } finally {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});
