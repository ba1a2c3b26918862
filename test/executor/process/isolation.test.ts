import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Launcher } from '../../../src/executor/process/launcher.js';
import { readConfig } from '../../../src/common/config.js';
import type { Logger } from '../../../src/common/logger.js';
import { warnOfExposure } from '../../../src/executor/command-user.js';
import type { Isolation } from '../../../src/executor/isolation.js';
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

let launcher: Launcher;
beforeAll(async () => {
  launcher = await startLauncher();
});
afterAll(async () => {
  await launcher.close();
});

describe.runIf(isolated)('an isolated run', () => {
  test('cannot be broken out of by a variable that a loader acts upon', async () => {
    // loaded before the namespaces are made, it would be somebody else's /proc that is seen
    const { stderr } = await run(launcher, 'true', {
      ...isolated,
      environment: { PATH: '/usr/bin:/bin', LD_PRELOAD: '/nowhere/escape.so' },
    });
    expect(stderr.match(/escape\.so/g)).toHaveLength(1);
  });

  test('keeps the values of its variables out of the list of processes', async () => {
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

  test('sees nobody else, and may write to its workspace and its own /tmp only', async () => {
    const { stdout } = await run(
      launcher,
      `ls /proc | grep -c '^[0-9]'; for f in / /usr /etc /dev /proc /proc/sys/kernel /var /opt; do touch $f/x 2>/dev/null && echo wrote $f; done
       touch x /tmp/x /dev/shm/x && echo workspace; ls /root /home /run /srv /mnt 2>/dev/null`,
      isolated,
    );
    expect(stdout).toMatch(/^[1-9]\nworkspace\n$/);
  });

  test('has a network of its own where it is to have none', async () => {
    const { stdout } = await run(launcher, 'tail -n +3 /proc/net/dev | cut -d: -f1', {
      ...isolated,
      ...(await isolatedRun(false)),
    });
    expect(stdout.trim()).toBe('lo');
  });

  test('can be held to a number of processes', async () => {
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

  test('is killed with its launcher, at once', async () => {
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

describe.runIf(isolated)('at the start', () => {
  const script = `
    import { Isolation } from '${root}/dist/executor/isolation.js';
    import { readConfig } from '${root}/dist/common/config.js';
    import { tryIsolation } from '${root}/dist/launcher/isolation-trial.js';
    const launcher = { tryIsolation: (bubblewrap) => tryIsolation({ bubblewrap }, undefined) };
    const logger = { warn: (text) => console.log(text) };
    const [folder, EXECUTOR_ISOLATION] = process.argv.slice(1);
    await Isolation.start(readConfig({ EXECUTOR_ISOLATION }), launcher, folder, logger).then(
      (isolation) => console.log(isolation ? 'isolated' : 'not isolated'),
      (error) => console.log(error.message),
    );`;
  const start = (isolation: string, ...world: string[]): string =>
    spawnSync(
      'bwrap',
      [
        '--dev-bind',
        '/',
        '/',
        ...world,
        process.execPath,
        '--input-type=module',
        '-e',
        script,
        '/tmp',
        isolation,
      ],
      { encoding: 'utf8' },
    ).stdout.trim();
  const noProgram = ['--ro-bind', '/dev/null', '/usr/bin/bwrap'];

  test('isolation is had where it works, also when nobody asked for it', () => {
    expect(start('bubblewrap')).toBe('isolated');
    expect(start('auto')).toBe('isolated');
    expect(start('none')).toBe('not isolated');
  });

  test('it is refused, or done without, where the host has no bubblewrap', () => {
    const why = 'there is no program bwrap (on Debian: apt-get install bubblewrap)';
    expect(start('bubblewrap', ...noProgram)).toBe(`EXECUTOR_ISOLATION=bubblewrap cannot be had: ${why}`);
    expect(start('auto', ...noProgram)).toBe(`Runs have no namespaces of their own: ${why}\nnot isolated`);
  });

  test('it is refused where the host allows no namespaces', () => {
    expect(start('bubblewrap', '--unshare-user', '--disable-userns')).toMatch(
      /^EXECUTOR_ISOLATION=bubblewrap cannot be had: bubblewrap does not work here \(bwrap: .*\); it must be 0\.8 or newer/,
    );
  });
});

describe('start-up says what is exposed', () => {
  const users = { first: 100_000, count: 10, workspaceRoot: '/nowhere', maxProcesses: 100 };
  const said = (settings: Record<string, string>, more: object = {}, isolation?: object): string[] => {
    const lines: string[] = [];
    const logger = { warn: (text: string) => lines.push(text) } as unknown as Logger;
    warnOfExposure({ ...readConfig(settings), ...more }, isolation as Isolation | undefined, logger);
    return lines;
  };

  test('to an ordinary user without isolation, and to nobody else', () => {
    expect(said({})).toEqual([expect.stringContaining('Secrets of projects are not handed to them')]);
    expect(said({ ALLOW_UNISOLATED_SECRETS: 'true' })).toEqual([
      expect.stringContaining('Secrets of projects are handed to them'),
    ]);
    expect(said({}, { commandUsers: users })).toEqual([]);
    expect(said({}, {}, {})).toEqual([]);
  });
});
