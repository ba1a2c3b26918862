import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { useApp } from '../support/app.js';
import { until } from '../support/until.js';
import { attempts, makeProject, run, scratch, type Json } from './steps.js';

const app = useApp();

/**
 * Writes so many pieces to stdout and stderr: text of one to four bytes a character, cut anywhere, and bytes that are no text.
 * The same text is a program and a function, so that both sides know the bytes.
 */
const source = `function piece(stream, index) {
  if (index % 7 === 3) return Buffer.from(Array.from({ length: 999 }, (_, at) => (at * index + stream) % 256));
  const text = Buffer.from(stream + ' aé€𝄞 日本語 🙂 ' + index + '\\n');
  return Buffer.concat(Array.from({ length: 40 }, () => text)).subarray(0, -(index % 4) || undefined);
}`;
const program = `${source}
const count = Number(process.argv[2]);
const write = (stream, bytes) => new Promise((done) => stream.write(bytes, done));
for (let index = 0; index < count; index += 16)
  await Promise.all([process.stdout, process.stderr].map((stream, number) =>
    write(stream, Buffer.concat(Array.from({ length: 16 }, (_, more) => piece(number, index + more))))));
`;
const piece = new Function(`${source}; return piece;`)() as (stream: number, index: number) => Buffer;

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
  await writeFile(`${folder}/flood.mjs`, program);
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
  '50 MB reach a client that is cut off again and again, each byte once',
  { timeout: 120_000 },
  async () => {
    // 16 pieces of about 1.5 KB make a write
    const count = 17_600;
    const { task, execution } = await flood(count);
    const hashes = [createHash('sha256'), createHash('sha256')];
    const bytes = [0, 0];
    let position = 0;
    let cuts = 0;
    let end: Json;
    while (!end) {
      const ws = await follow(execution, position);
      const cutAt = position + 500_000 + Math.random() * 8_000_000;
      ws.on('message', (message: Buffer) => {
        const { type, data } = JSON.parse(message.toString()) as Json;
        if (type !== 'command_output' || end || fault || position > cutAt) return;
        if (data.end) return void ((end = data), ws.terminate());
        const content = Buffer.from(data.content, data.encoding ?? 'utf8');
        if (data.offset !== position || content.length !== data.length)
          throw new Error(
            `expected offset ${position}, got ${data.offset} with ${content.length} of ${data.length} bytes`,
          );
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
    expect(both[0]!.bytes + both[1]!.bytes).toBeGreaterThan(45_000_000);
    expect(end).toMatchObject({ total: position, offset: position, exit_code: 0 });
    expect(cuts).toBeGreaterThan(5);
    expect((await attempts(app.admin, task)).at(-1)).toMatchObject({ status: 'completed' });
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
  'a reader that stops reading holds up neither the run nor other readers, and costs little memory',
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
