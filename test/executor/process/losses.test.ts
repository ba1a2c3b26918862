import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  asRoot,
  fixtures,
  isAlive,
  printed,
  request,
  room,
  runFolder,
  run,
  startLauncher,
  survivors,
  until,
} from './harness.js';

const project = '01890000-0000-7000-8000-000000000001';
const TREE =
  '(env -i setsid sh -c "trap \'\' TERM; echo up; while :; do sleep 1000; done" &); setsid sleep 1000 & sleep 1000';
const folders = (): string[] => readdirSync(runFolder).filter((name) => name.startsWith('launcher-'));

describe('after the launcher is killed', () => {
  test('its executions are ended and reported, and the next launch works', async () => {
    const launcher = await startLauncher();
    const dead = launcher.pid;
    const running = await launcher.launch(request(TREE));
    await printed(running, 'up');
    let lost = 0;
    launcher.onLost(() => lost++);
    const ended = running.terminate(600_000);
    process.kill(dead, 'SIGKILL');
    await expect(running.exited).rejects.toMatchObject({ code: 'LAUNCHER_LOST' });
    expect(survivors(dead)).toEqual([]);
    await expect(running.finished).rejects.toMatchObject({ code: 'LAUNCHER_LOST' });
    await expect(ended).resolves.toBeUndefined();
    expect(lost).toBe(1);
    expect(await run(launcher, 'echo again')).toMatchObject({ exitCode: 0, stdout: 'again\n' });
    expect(launcher.pid).not.toBe(dead);
    const last = launcher.pid;
    await launcher.close();
    expect(isAlive(last)).toBe(false);
    expect(folders().filter((name) => name.includes(`-${dead}.`) || name.includes(`-${last}.`))).toEqual([]);
  });

  test('a launch in progress is refused or runs, and never hangs', async () => {
    const launcher = await startLauncher();
    const launches = Array.from({ length: 20 }, () => launcher.launch(request('sleep 1000')));
    process.kill(launcher.pid, 'SIGKILL');
    for (const launch of launches) {
      const outcome = await launch.then(async (running) => running.exited).catch((error: unknown) => error);
      expect(outcome).toMatchObject({ code: 'LAUNCHER_LOST' });
    }
    await launcher.close();
  });
  test.runIf(asRoot)(
    'the next launcher does not end its own executions as orphans of the same user',
    async () => {
      const base = mkdtempSync('/run/millrace-losses-');
      chmodSync(base, 0o711);
      mkdirSync(join(base, 'projects'), { mode: 0o711 });
      const first = 1_900_000_020;
      const users = { first, count: 10, workspaceRoot: base, maxProcesses: 5_000 };
      const launcher = await startLauncher({ users });
      const as = { workspace: join(base, 'projects', project), user: { uid: first, gid: first } };
      try {
        for (let time = 0; time < 3; time += 1) {
          const many = 'for i in $(seq 200); do setsid sleep 1000 & done; echo up; wait';
          const running = await launcher.launch(request(many, as));
          running.finished.catch(() => undefined);
          await printed(running, 'up');
          const dead = launcher.pid;
          process.kill(dead, 'SIGKILL');
          while (!launcher.isReady || launcher.pid === dead) await nextTurn();
          const end = await run(launcher, 'sleep 0.3; echo whole', as);
          expect(end).toMatchObject({ exitCode: 0, stdout: 'whole\n' });
        }
      } finally {
        await launcher.close();
        rmSync(base, { recursive: true });
      }
    },
  );

  test.runIf(asRoot)('the next launcher removes the IPC objects of earlier executions', async () => {
    const base = mkdtempSync('/run/millrace-losses-');
    chmodSync(base, 0o711);
    mkdirSync(join(base, 'projects'), { mode: 0o711 });
    const first = 1_900_000_040;
    const launcher = await startLauncher({
      users: { first, count: 10, workspaceRoot: base, maxProcesses: 5_000 },
    });
    const as = { workspace: join(base, 'projects', project), user: { uid: first, gid: first } };
    const left = () =>
      ['shm', 'sem', 'msg'].filter((kind) =>
        readFileSync(`/proc/sysvipc/${kind}`, 'latin1').includes(` ${first} `),
      );
    try {
      const making =
        'ipcmk -M 4096 >/dev/null; ipcmk -S 1 >/dev/null; ipcmk -Q >/dev/null; echo made; sleep 1000';
      const running = await launcher.launch(request(making, as));
      running.finished.catch(() => undefined);
      await printed(running, 'made');
      expect(left()).toEqual(['shm', 'sem', 'msg']);
      const dead = launcher.pid;
      process.kill(dead, 'SIGKILL');
      await until(() => launcher.isReady && launcher.pid !== dead, 'the next launcher is ready');
      expect(left()).toEqual([]);
    } finally {
      await launcher.close();
      rmSync(base, { recursive: true });
    }
  });
});

describe('after the worker is killed', () => {
  const startWorker = async (
    uid: number,
  ): Promise<{ worker: ReturnType<typeof spawn>; launcherPid: number }> => {
    const worker = spawn(
      process.execPath,
      [`${fixtures}worker.mjs`, room.href, runFolder, String(uid), TREE],
      {
        // The last is one that the worker inherits and knows nothing of.
        stdio: ['ignore', 'pipe', 'inherit', ...Array.from({ length: 17 }, () => 'ignore' as const), 'pipe'],
      },
    );
    const launcherPid = await new Promise<number>((resolve) =>
      worker.stdout?.once('data', (line: Buffer) => resolve(Number(line.toString()))),
    );
    return { worker, launcherPid };
  };

  test.each(asRoot ? [0, 65534] : [0])(
    'the launcher terminates everything and itself (user %i)',
    async (uid) => {
      const { worker, launcherPid } = await startWorker(uid);
      expect(survivors(launcherPid).length).toBeGreaterThan(2);
      const open = survivors(launcherPid).flatMap(({ pid }) => readdirSync(`/proc/${pid}/fd`));
      // dash keeps what it redirected at 10 and above, close-on-exec; none of these redirects.
      expect(new Set(open)).toEqual(new Set(['0', '1', '2']));
      worker.kill('SIGKILL');
      await until(() => !isAlive(launcherPid), 'the launcher ends');
      expect(survivors(launcherPid)).toEqual([]);
      expect(folders().filter((name) => name.includes(`-${launcherPid}.`))).toEqual([]);
    },
  );

  test('signals to the launcher do not end it', async () => {
    const launcher = await startLauncher();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(launcher.pid, signal);
    const { pid } = launcher;
    expect(await run(launcher, 'echo fine')).toMatchObject({ stdout: 'fine\n' });
    expect(launcher.pid).toBe(pid);
    await launcher.close();
  });

  test('together with its launcher, the next worker ends the orphans, and no other processes', async () => {
    const { worker, launcherPid } = await startWorker(0);
    const launcher = await startLauncher();
    const own = await launcher.launch(request('echo ready; sleep 1000'));
    await printed(own, 'ready');
    const orphans = survivors(launcherPid).length;
    process.kill(launcherPid, 'SIGSTOP');
    worker.kill('SIGKILL');
    process.kill(launcherPid, 'SIGKILL');
    await until(() => !isAlive(launcherPid), 'the launcher is dead');
    expect(survivors(launcherPid)).toHaveLength(orphans);
    expect(await launcher.endOrphans()).toBe(orphans);
    expect(survivors(launcherPid)).toEqual([]);
    expect(folders().filter((name) => name.includes(`-${launcherPid}.`))).toEqual([]);
    expect(isAlive(own.pid)).toBe(true);
    await launcher.close();
    expect(isAlive(own.pid)).toBe(false);
    await expect(launcher.launch(request('true'))).rejects.toMatchObject({ code: 'LAUNCHER_CLOSED' });
  });
});
