import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Launcher } from '../../../src/executor/process/launcher.js';
import { join } from 'node:path';
import {
  fixtures,
  isAlive,
  manners,
  named,
  printed,
  request,
  startLauncher,
  survivors,
  text,
} from './harness.js';

let launcher: Launcher;
beforeAll(async () => {
  launcher = await startLauncher();
});
afterAll(async () => {
  await launcher.close();
});

/** Starts a command, waits until it has printed `ready`, and gives the pids it printed before. */
async function ready(
  command: string,
  more = {},
): Promise<{ running: Awaited<ReturnType<Launcher['launch']>>; pids: number[] }> {
  const running = await launcher.launch(request(command, more));
  const seen = await printed(running, 'ready');
  return { running, pids: [...seen.matchAll(/pid (\d+)/g)].map((match) => Number(match[1])) };
}

describe.each(manners.map((manner) => [named(manner), manner] as const))(
  'terminate, %s',
  (_named, manner) => {
    test.each([
      ['a command that runs forever', 'echo ready; exec sleep 1000', 5000, -15],
      ['ignores SIGTERM', "trap '' TERM; echo ready; while :; do sleep 1000; done", 50, -9],
      ['without grace period', "trap 'exit 3' TERM; echo ready; while :; do sleep 1000; done", 0, -9],
      ['ends itself at SIGTERM', "trap 'exit 3' TERM; sleep 1000 & echo ready; wait", 5000, 3],
      [
        'stopped',
        '(until grep -q "^State:.T" /proc/$$/status; do :; done; echo ready) & kill -STOP $$',
        50,
        -9,
      ],
      ['double fork', '(sleep 1000 & echo pid $!) & wait; echo ready; sleep 1000', 5000, -15],
      ['setsid', 'setsid sleep 1000 & echo pid $!; echo ready; sleep 1000', 5000, -15],
      ['nohup', 'nohup sleep 1000 & echo pid $!; echo ready; sleep 1000', 5000, -15],
      [
        'env -i setsid, orphaned',
        "(env -i setsid sh -c 'echo pid $$; echo ready; exec sleep 1000' &); sleep 1000",
        5000,
        -15,
      ],
      [
        'env -i setsid, orphaned, ignores SIGTERM',
        `(env -i setsid sh -c "trap '' TERM; echo pid \\$\\$; echo ready; while :; do sleep 1000; done" &); sleep 1000`,
        100,
        -15,
      ],
    ])('%s', async (_name, command, grace, exitCode) => {
      const { running, pids } = await ready(command, manner);
      await running.terminate(grace);
      // a pid of another namespace says nothing here
      if (!manner.bubblewrap) expect(pids.filter(isAlive)).toEqual([]);
      expect(survivors(launcher.pid)).toEqual([]);
      expect(await running.exited).toEqual({ exitCode });
      expect(await running.finished).toMatchObject({ exitCode, unkillable: 0 });
    });

    test('each process gets SIGTERM once, and processes started later get none', async () => {
      const counter = join(fixtures, 'count-terms.pl');
      const { running } = await ready(
        // the shell dies of its signal, and its children need a moment
        `perl ${counter} & setsid perl ${counter} & sleep 0.3; echo ready; sleep 1000`,
        manner,
      );
      const output = text(running.stdout);
      const begun = performance.now();
      await running.terminate(1_500);
      expect(
        (await output)
          .split('\n')
          .filter((line) => line.startsWith('got'))
          .toSorted(),
      ).toEqual(['got 1', 'got 1']);
      expect(performance.now() - begun).toBeGreaterThan(1_400);
      expect(await running.exited).toEqual({ exitCode: -15 });
    });

    test('processes that clean up after SIGTERM are not killed before the end of the grace period', async () => {
      const { running } = await ready(
        `trap 'setsid sh -c "trap \\"echo asked\\" TERM; sleep 0.5; echo cleaned" & exit 4' TERM; echo ready; while :; do sleep 0.02; done`,
        manner,
      );
      const output = text(running.stdout);
      await running.terminate(20_000);
      expect((await output).replace('ready\n', '')).toBe('cleaned\n');
      expect(await running.exited).toEqual({ exitCode: 4 });
    });

    test('ends a command that keeps forking while it is killed', async () => {
      const running = await launcher.launch(request('exec sh "$FIXTURES/fork-loop.sh"', manner));
      await printed(running, 'started');
      await running.terminate(20);
      expect(survivors(launcher.pid)).toEqual([]);
      expect(await running.finished).toMatchObject({ exitCode: -9 });
    });

    test('ends a command that is traced by its own child in another session', async () => {
      const { running } = await ready('exec python3 -S "$FIXTURES/traced.py"', manner);
      await running.terminate(20);
      expect(survivors(launcher.pid)).toEqual([]);
      expect(await running.finished).toMatchObject({ exitCode: -9 });
    });

    test('ends a chain of forks, each in its own session', async () => {
      const running = await launcher.launch(
        request('python3 -S "$FIXTURES/hopper.py"; echo ready; sleep 1000', manner),
      );
      await printed(running, 'ready');
      await running.terminate(0);
      expect(survivors(launcher.pid)).toEqual([]);
    });
  },
);

describe('repeated terminate', () => {
  test('concurrent calls share one termination, and the shorter grace period applies', async () => {
    const { running } = await ready("trap '' TERM; echo ready; while :; do sleep 1000; done");
    const first = running.terminate(600_000);
    const second = running.terminate(600_000);
    await running.terminate(0);
    await Promise.all([first, second, running.terminate(10)]);
    expect(await running.exited).toEqual({ exitCode: -9 });
  });

  test('has no effect after the end', async () => {
    const { running } = await ready('echo ready');
    await running.finished;
    await running.terminate(0);
    expect(await running.exited).toEqual({ exitCode: 0 });
  });

  test('does not affect other executions', async () => {
    const other = await ready('setsid sleep 1000 & echo pid $!; echo ready; wait');
    const { running } = await ready('echo ready; sleep 1000');
    await running.terminate(0);
    expect(other.pids.filter(isAlive)).toEqual(other.pids);
    await other.running.terminate(0);
    expect(other.pids.filter(isAlive)).toEqual([]);
  });
});

describe('processes left behind by a command that ends', () => {
  test.each([
    ['a child that holds the pipe', 'sleep 1000 & echo pid $!; echo ready', 1],
    [
      'a child that ignores SIGTERM',
      'sh -c "trap \'\' TERM; echo pid \\$\\$; echo ready; while :; do sleep 1000; done" & until [ -n "$(pgrep -P $! sleep)" ]; do :; done',
      2,
    ],
    [
      'a daemon that closed its descriptors',
      "setsid sh -c 'echo pid $$; exec </dev/null >/dev/null 2>&1; exec env -i sleep 1000' & until grep -q sleep /proc/$!/comm; do :; done; echo ready",
      1,
    ],
  ])('%s', async (_name, command, leftBehind) => {
    const { running, pids } = await ready(command);
    expect(await running.exited).toEqual({ exitCode: 0 });
    expect(await running.finished).toMatchObject({ exitCode: 0, leftBehind });
    expect(pids).toHaveLength(1);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(survivors(launcher.pid)).toEqual([]);
  });
});
