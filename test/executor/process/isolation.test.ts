import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Launcher } from '../../../src/executor/process/launcher.js';
import { root } from '../../support/build.js';
import {
  asRoot,
  bubblewrap,
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
      bubblewrap: await bubblewrap(false),
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

describe.runIf(isolated)('isolation is refused at the start', () => {
  const script = `
    import { Isolation } from '${root}/dist/executor/isolation.js';
    import { readConfig } from '${root}/dist/common/config.js';
    await Isolation.start(readConfig({}), undefined, process.argv[1]).then(
      () => console.log('fine'),
      (error) => console.log(error.message),
    );`;
  const start = (...world: string[]): string =>
    spawnSync(
      'bwrap',
      ['--dev-bind', '/', '/', ...world, process.execPath, '--input-type=module', '-e', script, '/tmp'],
      { encoding: 'utf8' },
    ).stdout.trim();

  test('where the host has no bubblewrap', () => {
    expect(start()).toBe('fine');
    expect(start('--ro-bind', '/dev/null', '/usr/bin/bwrap')).toBe(
      'EXECUTOR_ISOLATION=bubblewrap cannot be had: there is no program bwrap (on Debian: apt-get install bubblewrap)',
    );
  });

  test('where it allows no namespaces', () => {
    expect(start('--unshare-user', '--disable-userns')).toMatch(
      /^EXECUTOR_ISOLATION=bubblewrap cannot be had: bubblewrap does not work here \(bwrap: .*\); it must be 0\.8 or newer/,
    );
  });
});

describe('start-up says what is exposed', () => {
  const script = `
    import { commandUser } from '${root}/dist/executor/command-user.js';
    import { readConfig } from '${root}/dist/common/config.js';
    const logger = { warn: (text) => console.log(text) };
    await commandUser(readConfig({ EXECUTOR_ISOLATION: process.argv[1] }), logger);`;
  const start = (isolation: string): string =>
    spawnSync(process.execPath, ['--input-type=module', '-e', script, isolation], {
      encoding: 'utf8',
      cwd: '/',
      ...(asRoot ? { uid: 65534, gid: 65534 } : {}),
    }).stdout.trim();

  test('to an ordinary user without isolation, and to nobody else', () => {
    expect(start('none')).toContain('they can read DATA_DIR and the environment of its parent processes');
    expect(start('bubblewrap')).toBe('');
  });
});
