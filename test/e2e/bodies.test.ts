import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { data, makeProject, refusal, type Json } from './steps.js';

const app = useSharedApp();
const MiB = 1024 * 1024;
let owner: Client;
let quiet: Client;
let project: Json;
const sockets: Socket[] = [];
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  quiet = await app.admin.createUser('developer');
  project = await makeProject(quiet);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Opens a connection to the server. Any address of 127.0.0.0/8 is this host's. */
function open(localAddress = '127.0.0.1'): { socket: Socket; answer: () => string } {
  const socket = connect({ port: app.apis[0]!.port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.on('error', () => undefined);
  return { socket, answer: () => answer };
}

/** Begins a request with a body of which only the first byte comes; resolves when the server has taken it. */
async function begin(path: string, headers: string, localAddress?: string): Promise<() => string> {
  const { socket, answer } = open(localAddress);
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`);
  socket.write(`Expect: 100-continue\r\n${headers}\r\n`);
  await until(() => answer().includes('100 Continue'), { what: 'the server to ask for the body' });
  socket.write(headers.includes('chunked') ? '1\r\n{\r\n' : '{');
  return answer;
}

const chunked = 'Transfer-Encoding: chunked\r\n';
const signedIn = (client: Client) => `Authorization: Bearer ${client.token}\r\n`;
const task = (title: string) => ({ title, project_id: project.id });
/** A body without a length is sent in chunks. */
const chunks = (value: unknown) => new Blob([JSON.stringify(value)]).stream();

async function postChunked(client: Client, path: string, value: unknown): Promise<number> {
  const response = await fetch(`${app.apis[0]!.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
    body: chunks(value),
    duplex: 'half',
  } as RequestInit);
  await response.arrayBuffer();
  return response.status;
}

/** More than 256 KiB, from which on bodies are parsed one after the other. */
const large = { command: 'true', context: { text: 'x'.repeat(300 * 1024) } };
const postLarge = async (client: Client) => (await client.post('/api/commands/validate', large)).status;

test('a client that stalls in the middle of a body does not block the bodies of others', async () => {
  const addresses = Array.from({ length: 20 }, (_, index) => `127.0.0.${index + 10}`);
  await Promise.all(addresses.map((address) => begin('/api/auth/login', chunked, address)));
  expect(await postChunked(quiet, '/api/tasks/', task('chunked'))).toBe(201);
  expect(await postLarge(quiet)).toBe(200);
});

test('concurrent bodies of one user are accepted, chunked and large ones', async () => {
  await begin('/api/tasks/', signedIn(quiet) + chunked);
  const small = Array.from({ length: 10 }, (_, index) => postChunked(quiet, '/api/tasks/', task(`${index}`)));
  expect(new Set(await Promise.all(small))).toEqual(new Set([201]));
  const many = Array.from({ length: 6 }, () => postLarge(quiet));
  expect(new Set(await Promise.all(many))).toEqual(new Set([200]));
});

test('a client that disconnects during a body frees its share of the memory', async () => {
  for (const wait of [0, 1, 2, 3, 5, 8, 12]) {
    const hangUps = Array.from({ length: 20 }, async () => {
      const { socket } = open();
      await once(socket, 'connect');
      socket.write(`POST /api/commands/validate HTTP/1.1\r\nHost: x\r\n${signedIn(owner)}`);
      socket.write('Content-Type: application/json\r\nContent-Length: 300016\r\n\r\n{');
      await new Promise((resolve) => setTimeout(resolve, wait));
      socket.destroy();
    });
    await Promise.all(hangUps);
  }
  await until(async () => (await postLarge(owner)) === 200, {
    what: 'large bodies to be taken',
    timeout: 5_000,
  });
});

test('the incomplete bodies of one user are limited, and those of others are accepted', async () => {
  const head = `${signedIn(owner)}Content-Length: ${10 * MiB}\r\n`;
  const uploads = await Promise.all(Array.from({ length: 16 }, () => begin('/api/tasks/bulk', head)));
  const half = Buffer.alloc(5 * MiB, ' ');
  for (const socket of sockets) socket.write(half);
  const refusals = () => uploads.filter((answer) => answer().includes('429 Too Many Requests')).length;
  await until(() => refusals() >= 2, { what: 'what is above 64 MiB to be refused' });
  expect(await postLarge(quiet)).toBe(200);
  expect(await postChunked(owner, '/api/projects/', { name: 'Beside uploads' })).toBe(201);
  expect(refusals()).toBeLessThan(uploads.length);
});

describe('a body that stalls', () => {
  test('is answered with 408', async () => {
    const answer = await begin('/api/auth/login', chunked);
    await until(() => answer().includes('HTTP/1.1 408 '), { what: 'the end of patience', timeout: 40_000 });
    expect(answer()).toContain('"code":"REQUEST_TIMEOUT"');
  });

  test('and is too large for its route is answered with 413, in any transfer encoding', async () => {
    const body = JSON.stringify({ username: 'x'.repeat(17_000), password: 'y' });
    expect(await refusal(owner.post('/api/auth/login', body))).toBe('413 PAYLOAD_TOO_LARGE');
    expect(await postChunked(owner, '/api/auth/login', JSON.parse(body))).toBe(413);
    expect(await postChunked(owner, '/api/nothing', JSON.parse(body))).toBe(413);
    expect(await postChunked(owner, '/api/nothing', {})).toBe(404);
    await data(201, quiet.post('/api/tasks/', task('after it')));
  });
});
