import { beforeAll, expect, test } from 'vitest';
import { startApp, useSharedApp } from '../support/app.js';
import { expectStatus, type Client } from '../support/client.js';
import { until } from '../support/until.js';
import { bytesOf, data, execute, printed, readEvents, run, type SentEvent } from './steps.js';

const app = useSharedApp();
let person: Client;
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}\n`).join('');
const events = { headers: { accept: 'text/event-stream' } };

beforeAll(async () => {
  person = await app.admin.createUser('developer');
});

test('raw output can be read whole, from an offset, by stream and by last lines', async () => {
  const { command_id } = await run(
    person,
    'for i in $(seq 1 5000); do echo "line $i"; done; echo fault >&2; printf open',
  );
  const read = (query: string) => expectStatus(200, person.get(`/api/commands/${command_id}/output${query}`));
  const stdout = `${lines(1, 5000)}open`;
  const whole = await read('');
  expect(whole.headers.get('content-type')).toBe('application/octet-stream');
  expect(whole.headers.get('content-length')).toBe(String(stdout.length + 6));
  expect((await read('?stream=stdout')).body).toBe(stdout);
  expect((await read('?stream=stderr')).body).toBe('fault\n');
  expect((await read('?from_offset=70')).body).toBe(whole.body.slice(70));
  expect((await read(`?from_offset=${stdout.length + 6}`)).body).toBe('');
  expect((await read('?from_offset=99999999')).headers.get('content-length')).toBe('0');
  expect((await read('?tail=1&stream=stdout')).body).toBe('open');
  expect((await read('?tail=3&stream=stdout')).body).toBe(`${lines(4999, 5000)}open`);
  expect((await read('?tail=10000')).body).toBe(whole.body);
  expect((await read('?follow=true')).body).toBe(whole.body);
  for (const query of ['?tail=0', '?tail=10001', '?from_offset=-1', '?stream=both'])
    expect((await person.get(`/api/commands/${command_id}/output${query}`)).status).toBe(422);

  const status = async (query: string) => data(200, person.get(`/api/commands/${command_id}/status${query}`));
  const text = (shown: { output: { content: string }[] }) =>
    shown.output.map(({ content }) => content).join('');
  expect(text(await status(''))).toBe(whole.body);
  expect(text(await status('?tail=2'))).toBe(
    whole.body
      .match(/[^\n]*\n|[^\n]+$/g)
      .slice(-2)
      .join(''),
  );
});

test('the status contains at most the last 256 KiB, from the start of a character', async () => {
  const { output, output_bytes } = await run(person, "yes 'müßig' | head -c 1000001");
  expect(output_bytes).toBe(1_000_001);
  const size = output.reduce(
    (sum: number, { content }: { content: string }) => sum + Buffer.byteLength(content),
    0,
  );
  expect(size).toBeGreaterThan(256 * 1024 - 4);
  expect(size).toBeLessThanOrEqual(256 * 1024);
  expect(output[0].encoding).toBeUndefined();
  expect(output[0].offset).toBe(output_bytes - size);
});

test('bytes that are not UTF-8 are returned unchanged', async () => {
  const { command_id, output } = await run(person, "printf '\\377\\000\\376'");
  expect(output).toMatchObject([
    { encoding: 'base64', content: Buffer.from([255, 0, 254]).toString('base64') },
  ]);
  expect((await person.get(`/api/commands/${command_id}/output`)).bytes).toEqual(Buffer.from([255, 0, 254]));
});

test('raw output of a running command is what is stored so far, and can be followed', async () => {
  const { command_id } = await execute(
    person,
    'echo begun; while [ ! -e go ]; do sleep 0.05; done; rm go; echo ended',
  );
  await printed(person, command_id, 'begun');
  expect((await person.get(`/api/commands/${command_id}/output`)).body).toBe('begun\n');
  const following = person.get(`/api/commands/${command_id}/output?follow=true`);
  await run(person, 'touch go');
  expect((await following).body).toBe('begun\nended\n');
});

test('server-sent events follow a command and resume byte for byte after a disconnect', async () => {
  const { command_id } = await execute(
    person,
    'for i in $(seq 1 400); do echo "zeile $i äöü"; sleep 0.005; done; printf \'\\377\'',
  );
  const path = `/api/commands/${command_id}/output`;
  const received: SentEvent[] = [];
  let last: number | undefined;
  for (let cut = 1; ; cut += 1) {
    const resume: Record<string, string> = last === undefined ? {} : { 'last-event-id': String(last) };
    const response = await person.open('GET', path, undefined, { headers: { ...events.headers, ...resume } });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    let count = 0;
    const some = await readEvents(response, ({ data }) => data.end === true || (count += 1) >= 20 * cut);
    received.push(...some);
    last = some.at(-1)?.id ?? last;
    if (some.at(-1)?.data.end) break;
  }
  const end = received.pop()!;
  expect(received.length).toBeGreaterThan(20);
  const raw = await person.get(path);
  expect(bytesOf(received).equals(raw.bytes)).toBe(true);
  expect(end.data).toMatchObject({
    command_id,
    content: '',
    end: true,
    total: raw.bytes.length,
    exit_code: 0,
  });
  expect(end.id).toBe(raw.bytes.length);
  received.forEach(({ id, data }, index) => {
    expect(data.offset).toBe(received[index - 1]?.id ?? 0);
    expect(data.offset + data.length).toBe(id);
  });
  const final = received.at(-1)!.data;
  expect(final).toMatchObject({ command_id, stream: 'stdout', encoding: 'base64' });
  expect(Buffer.from(final.content, 'base64').at(-1)).toBe(0xff);

  for (const offset of [999_999, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
    const late = await readEvents(
      await person.open('GET', `${path}?from_offset=${offset}`, undefined, events),
    );
    expect(late.map(({ data }) => data.end)).toEqual([true]);
  }
  const part = await readEvents(await person.open('GET', `${path}?from_offset=10`, undefined, events));
  expect(bytesOf(part).equals(raw.bytes.subarray(10))).toBe(true);
});

test('a disconnected reader is dropped, and a slow one gets every byte, also of a line of 100 MB', async () => {
  const bytes = 100_000_000;
  const { command_id } = await execute(person, `head -c ${bytes} /dev/zero | tr '\\0' x`);
  const path = `/api/commands/${command_id}/output`;
  const leaving = new AbortController();
  const gone = await person.open('GET', path, undefined, { ...events, signal: leaving.signal });
  await readEvents(gone, () => true).catch(() => undefined);
  leaving.abort();
  const slow = await person.open('GET', `${path}?follow=true`);
  const status = async () => (await data(200, person.get(`/api/executions/${command_id}`))).status;
  await until(async () => (await status()) === 'completed', { timeout: 60_000, what: 'the command to end' });
  expect((await slow.arrayBuffer()).byteLength).toBe(bytes);
  const found = await data(200, person.get(`${path}/search?q=xxxxx`));
  expect(found.matches).toMatchObject([{ line: 1, offset: 0, match_offset: 0 }]);
});

test('an open event stream does not delay the shutdown of a server', async () => {
  const stopping = await startApp();
  await data(200, stopping.admin.post('/api/queues/pause', { queue_name: 'low_priority' }));
  const { command_id } = await execute(stopping.admin, 'echo', { priority: 'low' });
  const response = await stopping.admin.open('GET', `/api/commands/${command_id}/output`, undefined, events);
  const reading = readEvents(response).catch(() => []);
  await stopping.stop();
  expect(await reading).toEqual([]);
});

test('options that server-sent events do not support are refused', async () => {
  const { command_id } = await run(person, 'echo hello');
  const path = `/api/commands/${command_id}/output`;
  for (const [field, value] of [
    ['limit', '5'],
    ['ansi', 'strip'],
  ] as const) {
    const answer = await person.get(path, { ...events, query: { [field]: value } });
    expect([answer.status, answer.body.error?.details.field]).toEqual([422, field]);
    expect((await person.get(path, { query: { [field]: value } })).status).toBe(200);
  }
});
