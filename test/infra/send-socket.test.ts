import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sendSocket } from '../../src/supervisor/send-socket.js';

test('a busy process that receives a socket gets the data that arrived in the meantime', async () => {
  const receiver = fork(join(import.meta.dirname, 'fixtures/socket-receiver.mjs'));
  try {
    await once(receiver, 'message');
    receiver.kill('SIGSTOP');
    const writer = spawn('/bin/sh', ['-c', 'printf "the first words" >&3'], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    sendSocket(receiver, {}, writer.stdio[3] as Socket);
    await once(writer, 'exit');
    // what was written would be read by now
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    receiver.kill('SIGCONT');
    expect(await once(receiver, 'message')).toEqual(['the first words', undefined]);
  } finally {
    receiver.kill('SIGKILL');
  }
});
