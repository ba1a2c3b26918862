import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Launcher } from '../../../src/executor/process/launcher.js';
import { readConfig } from '../../../src/common/config.js';
import type { Logger } from '../../../src/common/logger.js';
import { warnOfExposure } from '../../../src/executor/command-user.js';
import type { Isolation } from '../../../src/executor/isolation.js';
import type { Keyrings } from '../../../src/launcher/own-keyring.js';
import { root } from '../../support/build.js';
import {
  isolated as isolatedRun,
  manners,
  printed,
  request,
  run,
  startLauncher,
  survivors,
  until,
} from './harness.js';

const isolated = manners.find((manner) => manner.bubblewrap);

const node = [process.execPath, '--input-type=module', '-e'];
/** Prints what a module says in a view of the file system that is changed by options of bubblewrap. */
const inWorld = (world: string[], program: string, ...args: string[]): string =>
  spawnSync('bwrap', ['--dev-bind', '/', '/', ...world, ...node, program, ...args], {
    encoding: 'utf8',
  }).stdout.trim();

let launcher: Launcher;
beforeAll(async () => {
  launcher = await startLauncher();
});
afterAll(async () => {
  await launcher.close();
});

describe.runIf(isolated)('an isolated command', () => {
  test('cannot escape by a variable that affects the dynamic loader', async () => {
    // loaded before the namespaces are made, it would be somebody else's /proc that is seen
    const { stderr } = await run(launcher, '/bin/true', {
      ...isolated,
      environment: { PATH: '/usr/bin:/bin', LD_PRELOAD: '/nowhere/escape.so' },
    });
    expect(stderr.match(/escape\.so/g)).toHaveLength(1);
  });

  test('has no io_uring, which could create sockets that the filter does not see', async () => {
    const call = `perl -e 'my $parameters = "\\0" x 120; print syscall(425, 8, $parameters) < 0 ? $! + 0 : "made"'`;
    expect(await run(launcher, call, isolated)).toMatchObject({ stdout: String(constants.errno.ENOSYS) });
  });

  test('cannot see the secret files of the server, even if it has permission to read them', async () => {
    const folder = mkdtempSync('/tmp/millrace-secrets-');
    chmodSync(folder, 0o755);
    try {
      const file = join(folder, 'jwt_secret');
      writeFileSync(file, 'the secret');
      writeFileSync(join(folder, 'other'), 'no secret');
      const hidden = await isolatedRun(true, [file]);
      const { stdout } = await run(launcher, `cd ${folder} && cat other jwt_secret`, {
        ...isolated,
        ...hidden,
      });
      expect(stdout).toBe('no secret');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('cannot see a key file behind an exchanged symbolic link, and runs when the former file is gone', async () => {
    const folder = mkdtempSync('/tmp/millrace-secrets-');
    const keys = join(folder, 'keys');
    try {
      // as Kubernetes lays out a secret
      for (const version of ['keys/1', 'keys/2', 'elsewhere']) {
        mkdirSync(join(folder, version), { recursive: true });
        writeFileSync(join(folder, version, 'jwt_secret'), `the key of ${version}`);
      }
      symlinkSync('1', join(keys, 'data'));
      symlinkSync('data/jwt_secret', join(keys, 'jwt_secret'));
      symlinkSync('../elsewhere/jwt_secret', join(keys, 'linked'));
      chmodSync(folder, 0o755);
      const files = [join(keys, 'jwt_secret'), join(keys, 'linked')];
      const hidden = await isolatedRun(true, files, [folder]);
      unlinkSync(join(keys, 'data'));
      symlinkSync('2', join(keys, 'data'));
      const { stdout } = await run(
        launcher,
        `cat $(find ${folder} -name '*_secret'); ls -A ${keys}; echo done`,
        {
          ...isolated,
          ...hidden,
        },
      );
      expect(stdout).toBe('done\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('without a network cannot reach its host either', async () => {
    const socket = (family: number) =>
      `perl -e 'print socket(my $s, ${family}, 1, 0) ? "made" : $! + 0, "\\n"'`;
    const ask = `${socket(40)}; ${socket(1)}; ${socket(2)}`;
    const without = await isolatedRun(false);
    expect((await run(launcher, ask, { ...isolated, ...without })).stdout).toBe('97\nmade\nmade\n');
  });

  test('does not expose the values of its variables in the process list', async () => {
    const running = await launcher.launch(
      request('cat /proc/1/cmdline; echo; echo ready; exec sleep 1000', {
        ...isolated,
        environment: { PATH: '/usr/bin:/bin', PASSWORD: 'open sesame' },
      }),
    );
    await printed(running, 'ready');
    const lines = survivors(launcher.pid).map(({ command }) => command);
    expect(lines.filter((line) => line.startsWith('bwrap'))).not.toEqual([]);
    expect(lines.join('\n')).not.toContain('open sesame');
    await running.terminate(0);
  });

  test('sees no other processes, and may write to its workspace and its own /tmp only', async () => {
    const { stdout } = await run(
      launcher,
      `ls /proc | grep -c '^[0-9]'; for f in / /usr /etc /dev /proc /proc/sys/kernel /var /opt; do touch $f/x 2>/dev/null && echo wrote $f; done
       touch x /tmp/x /dev/shm/x && echo workspace; ls /root /home /run /srv /mnt 2>/dev/null`,
      isolated,
    );
    expect(stdout).toMatch(/^[1-9]\nworkspace\n$/);
  });

  test('has a network namespace of its own when configured', async () => {
    const { stdout } = await run(launcher, 'tail -n +3 /proc/net/dev | cut -d: -f1', {
      ...isolated,
      ...(await isolatedRun(false)),
    });
    expect(stdout.trim()).toBe('lo');
  });

  test('can be limited in its number of processes', async () => {
    const sleepers = (count: number) => `${'sleep 0.2 & '.repeat(count)} wait; echo all`;
    const limits = { processes: 5 };
    expect(await run(launcher, sleepers(4), { ...isolated, limits })).toMatchObject({ stdout: 'all\n' });
    expect(await run(launcher, sleepers(5), { ...isolated, limits })).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('fork'),
    });
    // another run has a count of its own
    const two = Array.from({ length: 2 }, () => run(launcher, sleepers(4), { ...isolated, limits }));
    expect((await Promise.all(two)).map(({ stdout }) => stdout)).toEqual(['all\n', 'all\n']);
  });

  test('has a process limit before its own variables affect any program', async () => {
    const { stdout, stderr } = await run(launcher, 'ls /proc/self/fd', {
      ...isolated,
      limits: { processes: 5 },
      environment: { PATH: '/usr/bin:/bin', LD_PRELOAD: '/nowhere/escape.so' },
    });
    // of the two programs after the namespaces were made, a shell and ls, the second alone
    expect(stderr.match(/escape\.so/g)).toHaveLength(1);
    // 3 is the folder that ls reads
    expect(stdout).toBe('0\n1\n2\n3\n');
  });

  test('gets its variables unchanged, also with a process limit', async () => {
    const odd = { ODD: `a 'b' "c" $(d)\n\\e\n`, EMPTY: '', PATH: '/usr/bin:/bin', LC_ALL: 'C' };
    // what the shell itself works with is not taken from it
    const ours = { MILLRACE_NAME: '; echo', MILLRACE_NAMES: 'PATH' };
    const all = await run(launcher, 'env -0 | sort -z', { ...isolated, environment: odd });
    const limited = await run(launcher, 'env -0 | sort -z', {
      ...isolated,
      environment: { ...ours, ...odd },
      limits: { processes: 5 },
    });
    const withoutIds = (text: string) => text.replace(/(?<=MILLRACE_EXECUTION_ID=)[^\0]+/, '');
    expect(withoutIds(limited.stdout)).toBe(withoutIds(all.stdout));
    for (const [name, value] of Object.entries(odd)) expect(limited.stdout).toContain(`${name}=${value}\0`);
  });

  test('is killed immediately when its launcher dies', async () => {
    const doomed = await startLauncher();
    const running = await doomed.launch(
      request(
        'trap "" TERM; setsid sh -c "trap \'\' TERM; while :; do sleep 1000; done" & echo ready; while :; do sleep 1; done',
        {
          ...isolated,
        },
      ),
    );
    await printed(running, 'ready');
    const { pid } = doomed;
    expect(survivors(pid).length).toBeGreaterThan(3);
    // so that it is not its successor who does it
    doomed.onLost(() => undefined);
    process.kill(pid, 'SIGKILL');
    await until(() => survivors(pid).length === 0, 'all are gone');
    await expect(running.finished).rejects.toMatchObject({ code: 'LAUNCHER_LOST' });
    await doomed.close();
  });
});

describe.runIf(isolated)('at the start of the server', () => {
  const script = `
    import { Isolation } from '${root}/dist/executor/isolation.js';
    import { readConfig } from '${root}/dist/common/config.js';
    import { tryIsolation } from '${root}/dist/launcher/try-isolation.js';
    const launcher = { tryIsolation: (bubblewrap) => tryIsolation({ bubblewrap }, undefined) };
    const logger = { warn: (text) => console.log(text) };
    const [folder, EXECUTOR_ISOLATION] = process.argv.slice(1);
    await Isolation.start(readConfig({ EXECUTOR_ISOLATION }), launcher, folder, logger).then(
      (isolation) => console.log(isolation ? 'isolated' : 'not isolated'),
      (error) => console.log(error.message),
    );`;
  const start = (isolation: string, ...world: string[]): string => inWorld(world, script, '/tmp', isolation);
  const noProgram = ['--ro-bind', '/dev/null', '/usr/bin/bwrap'];

  test('isolation is used where it works, even if it is not configured', () => {
    expect(start('bubblewrap')).toBe('isolated');
    expect(start('auto')).toBe('isolated');
    expect(start('none')).toBe('not isolated');
  });

  test('isolation is refused or omitted, as configured, on a host without bubblewrap', () => {
    const why = 'there is no program bwrap (on Debian: apt-get install bubblewrap)';
    expect(start('bubblewrap', ...noProgram)).toBe(`EXECUTOR_ISOLATION=bubblewrap cannot be had: ${why}`);
    expect(start('auto', ...noProgram)).toBe(`Runs have no namespaces of their own: ${why}\nnot isolated`);
  });

  test('isolation is refused on a host without user namespaces', () => {
    expect(start('bubblewrap', '--unshare-user', '--disable-userns')).toMatch(
      /^EXECUTOR_ISOLATION=bubblewrap cannot be had: bubblewrap does not work here \(bwrap: .*\); it must be 0\.8 or newer/,
    );
  });
});

describe.runIf(isolated)('the session keyring', () => {
  const program = `
    import { ownKeyring } from '${root}/dist/launcher/own-keyring.js';
    console.log([true, false].map((mayFilter) => ownKeyring(mayFilter).keyrings).join());`;

  test('is inaccessible on a host with Perl, and is inherited otherwise', () => {
    expect(inWorld([], program)).toBe('refused,own');
    expect(inWorld(['--ro-bind', '/dev/null', '/usr/bin/perl'], program)).toBe('inherited,inherited');
  });
});

describe('the server warns at its start about exposed resources', () => {
  const users = { first: 100_000, count: 10, workspaceRoot: '/nowhere', maxProcesses: 100 };
  const said = (
    settings: Record<string, string>,
    more: object = {},
    isolation?: object,
    keyrings: Keyrings = 'refused',
  ): string[] => {
    const lines: string[] = [];
    const logger = { warn: (text: string) => lines.push(text) } as unknown as Logger;
    warnOfExposure(
      { ...readConfig(settings), ...more },
      isolation as Isolation | undefined,
      keyrings,
      logger,
    );
    return lines;
  };

  test('as an ordinary user without isolation only', () => {
    expect(said({})).toEqual([expect.stringContaining('Secrets of projects are not handed to them')]);
    expect(said({ ALLOW_UNISOLATED_SECRETS: 'true' })).toEqual([
      expect.stringContaining('Secrets of projects are handed to them'),
    ]);
    expect(said({}, { commandUsers: users })).toEqual([]);
    expect(said({}, {}, {})).toEqual([]);
  });

  test('if the users of projects share a keyring, which namespaces with a filter prevent', () => {
    const shared = expect.stringContaining('share a session keyring');
    expect(said({}, { commandUsers: users }, undefined, 'own')).toEqual([shared]);
    expect(said({}, { commandUsers: users }, undefined, 'inherited')).toEqual([
      expect.stringContaining('that of whoever started Millrace'),
    ]);
    expect(said({}, { commandUsers: users }, {}, 'inherited')).toEqual([]);
  });
});
