import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Launcher } from '../../../src/executor/process/launcher.js';
import { until } from '../../support/until.js';
import { fixtures, request, run, startLauncher } from './harness.js';

let launcher: Launcher;
beforeAll(async () => {
  launcher = await startLauncher();
});
afterAll(() => launcher.close());

const splice = { x64: '275 ', arm64: '76 ' }[process.arch as 'x64' | 'arm64'];
const callOf = (pid: number) => readFile(`/proc/${pid}/syscall`, 'latin1').catch(() => '');

test('a command that holds the lock of its output pipe blocks neither its worker nor the launcher', async () => {
  const holding = await launcher.launch(request(`exec perl '${fixtures}hold-pipe.pl'`));
  await until(async () => (await callOf(holding.pid)).startsWith(splice), { what: 'the pipe to be held' });
  holding.stdout.resume();
  holding.stderr.resume();
  expect(await run(launcher, 'echo free')).toMatchObject({ exitCode: 0, stdout: 'free\n' });
  await holding.terminate(0);
  // Its own alarm would have ended it by SIGALRM, had anybody had to wait for it.
  expect(await holding.finished).toMatchObject({ exitCode: -9 });
});
