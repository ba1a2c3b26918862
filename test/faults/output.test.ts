import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { twoOfBoth, useApp } from '../support/app.js';
import { follow as readAll, transports } from '../support/follower.js';
import { until } from '../support/until.js';
import { piece } from './fixtures/flood.mjs';
import { attempts, makeProject, run, scratch, speaks, stored, type Json } from './steps.js';

const app = useApp({ roles: twoOfBoth });

function expected(stream: number, count: number): { bytes: number; hash: string } {
  const hash = createHash('sha256');
  let bytes = 0;
  for (let index = 0; index < count; index += 1) {
    const content = piece(stream, index);
    bytes += content.length;
    hash.update(content);
  }
  return { bytes, hash: hash.digest('hex') };
}

async function flood(count: number): Promise<{ task: string; execution: string }> {
  const folder = await scratch();
  // the folder of the tests may be closed to the user that commands run as
  await copyFile(join(import.meta.dirname, 'fixtures/flood.mjs'), `${folder}/flood.mjs`);
  await chmod(`${folder}/flood.mjs`, 0o644);
  return run(app.admin, await makeProject(app.admin), `${process.execPath} ${folder}/flood.mjs ${count}`);
}

async function follow(command_id: string, from_offset: number): Promise<WebSocket> {
  const ws = new WebSocket(`${app.wsUrl}/ws/a-session`, { perMessageDeflate: false });
  ws.on('error', () => undefined);
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'authenticate', token: app.admin.token }));
  ws.send(JSON.stringify({ type: 'subscribe', channel: 'command_output', command_id, from_offset }));
  return ws;
}

test(
  '13 MB reach a client that is disconnected repeatedly, each byte once',
  { timeout: 120_000 },
  async () => {
    // 16 pieces of about 1.5 KB make a write
    const count = 5_280;
    const { task, execution } = await flood(count);
    const hashes = [createHash('sha256'), createHash('sha256')];
    const bytes = [0, 0];
    let position = 0;
    let cuts = 0;
    let end: Json;
    let fault: string | undefined;
    while (!end && !fault) {
      const ws = await follow(execution, position);
      const cutAt = position + 150_000 + Math.random() * 2_400_000;
      ws.on('message', (message: Buffer) => {
        const { type, data } = JSON.parse(message.toString()) as Json;
        if (type !== 'command_output' || end || fault || position > cutAt) return;
        if (data.end) {
          end = data;
          return ws.terminate();
        }
        const content = Buffer.from(data.content, data.encoding ?? 'utf8');
        if (data.offset !== position || content.length !== data.length) {
          fault = `expected offset ${position}, got ${data.offset} with ${content.length} of ${data.length} bytes`;
          return ws.terminate();
        }
        const stream = data.stream === 'stdout' ? 0 : 1;
        hashes[stream]!.update(content);
        bytes[stream]! += content.length;
        position += content.length;
        if (position > cutAt) ws.terminate();
      });
      await once(ws, 'close');
      cuts += 1;
    }
    expect(fault).toBeUndefined();
    const both = [expected(0, count), expected(1, count)];
    expect(hashes.map((hash, stream) => ({ bytes: bytes[stream], hash: hash.digest('hex') }))).toEqual(both);
    expect(both[0]!.bytes + both[1]!.bytes).toBeGreaterThan(13_000_000);
    expect(end).toMatchObject({ total: position, offset: position, exit_code: 0 });
    expect(cuts).toBeGreaterThan(5);
    expect((await attempts(app.admin, task)).at(-1)).toMatchObject({ status: 'completed' });
  },
);

test(
  'every byte arrives once over each transport, however often it is disconnected',
  { timeout: 120_000 },
  async () => {
    const lines = 20_000;
    const job = await run(app.admin, await makeProject(app.admin), `seq -f 'line %.0f äé日本🙂' 1 ${lines}`);
    const whole = Array.from({ length: lines }, (_, index) => `line ${index + 1} äé日本🙂\n`).join('');
    const source = {
      admin: app.admin,
      nextUrl: () => app.apis[Math.floor(Math.random() * app.apis.length)]!.url,
    };
    const cutAfter = () => 1 + Math.random() * (whole.length / 4);
    const deadline = Date.now() + 60_000;
    const readings = await Promise.all(
      transports.map((transport) => readAll(source, job, transport, { cutAfter, deadline })),
    );
    const bytes = Buffer.byteLength(whole);
    const hash = createHash('sha256').update(whole).digest('hex');
    for (const reading of readings) {
      expect(reading).toMatchObject({ bytes, hash, total: bytes, fault: undefined });
      expect(reading.cuts).toBeGreaterThan(2);
    }
  },
);

async function memory(): Promise<number> {
  const sizes = app.processes.map(async ({ pid }) => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  });
  return Math.max(...(await Promise.all(sizes)));
}

test(
  'a reader that stops reading delays neither the execution nor other readers, and takes bounded memory',
  { timeout: 120_000 },
  async () => {
    const before = await memory();
    const { task, execution } = await flood(17_600);
    const stuck = await Promise.all([0, 1, 2].map(() => follow(execution, 0)));
    await delay(200);
    for (const ws of stuck) ws.pause();
    const reader = await follow(execution, 0);
    let received = 0;
    let total: number | undefined;
    reader.on('message', (message: Buffer) => {
      const { type, data } = JSON.parse(message.toString()) as Json;
      if (type !== 'command_output') return;
      received += data.length;
      if (data.end) total = data.total;
    });
    expect((await attempts(app.admin, task, 60_000)).at(-1)).toMatchObject({ status: 'completed' });
    await until(() => total === received, { timeout: 30_000, what: 'the whole output at the other reader' });
    expect((await memory()) - before).toBeLessThan(250);
    for (const ws of [...stuck, reader]) ws.terminate();
  },
);

test('a segment is stored once when its transaction was committed and the response was lost', async () => {
  const folder = await scratch();
  const command = `echo first; until [ -e ${folder}/go ]; do sleep 0.05; done; echo second; sleep 0.3; echo third`;
  const { task, execution } = await run(app.admin, await makeProject(app.admin), command);
  await speaks(app, execution);
  // what the writer's first try has left
  await app.query(
    `INSERT INTO output_segments (execution_id, "offset", content, frame_lengths, frame_flags, frame_times)
     VALUES ($1, 6, 'second\n', '{7}', '{0}', '{0}')`,
    [execution],
  );
  await writeFile(`${folder}/go`, '');
  expect((await attempts(app.admin, task)).at(-1)).toMatchObject({ status: 'completed' });
  expect(await stored(app, execution)).toBe('first\nsecond\nthird\n');
});
