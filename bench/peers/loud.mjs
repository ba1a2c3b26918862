// A noisy neighbour: a user who tries to take more than its share. `node loud.mjs KIND`, settings as JSON in LOUD.
// It repeats refused requests after a while, as clients do that respect Retry-After.
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { WebSocket } from 'ws';

const { url, token, task, project, listed, output, outputs } = JSON.parse(process.env.LOUD);
const address = '10.77.0.1';
const lanes = 8;
const restMs = 250;
const pool = new Pool(url, { connections: 64, bodyTimeout: 0, headersTimeout: 0 });

const nested = Buffer.from('['.repeat(1_000_000) + ']'.repeat(1_000_000));
const many = Buffer.from(`[${'1,'.repeat(1_000_000)}1]`);
const strings = Buffer.from(JSON.stringify({ title: 'x', items: Array(90).fill('y'.repeat(100_000)) }));
const hard = (size, count) => JSON.stringify({ command: `${'<<A '.repeat(size / 4 - 8)}${count}` });
const sleeping = JSON.stringify({ command: 'sleep 3', priority: 'high', stream_output: false });

async function send(method, path, body, { anonymous = false } = {}) {
  const headers = { 'x-forwarded-for': address };
  if (!anonymous) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const answer = await pool.request({ method, path, headers, body });
  await answer.body.dump({ limit: 1e9 });
  if (answer.statusCode === 429 || answer.statusCode === 503) await delay(restMs);
}

function socket(then) {
  return new Promise((resolve) => {
    const ws = new WebSocket(`${url.replace('http', 'ws')}/ws/loud`, {
      headers: { 'x-forwarded-for': address },
    });
    ws.on('error', () => setTimeout(resolve, restMs));
    ws.on('open', () => then(ws, resolve));
    ws.on('close', resolve);
  });
}

/** Sends requests on a new connection and does not read the responses. */
function unread(path, headers = '', count = 1) {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const connection = connect(Number(port), hostname, () => {
      connection.pause();
      const head = `Host: x\r\nX-Forwarded-For: ${address}\r\nAuthorization: Bearer ${token}\r\n${headers}`;
      connection.write(`GET ${path} HTTP/1.1\r\n${head}\r\n`.repeat(count));
      setTimeout(resolve, restMs);
    });
    connection.on('error', resolve);
  });
}

/** The requests of each kind of load. Each lane sends them in turn. */
const kinds = {
  bodies: [
    () => send('POST', '/api/auth/login', nested, { anonymous: true }),
    () => send('POST', '/api/projects/', many),
    () => send('POST', '/api/tasks/bulk', strings),
  ],
  searches: [() => send('GET', `/api/commands/${output}/output/search?q=zzz&stream=stdout`)],
  checks: [
    (count) => send('POST', '/api/commands/validate', hard(65_536, count)),
    (count) => send('POST', '/api/commands/validate', hard(16_384, count)),
  ],
  lists: [
    () => send('GET', `/api/projects/${project}/tasks?page_size=100`),
    () => send('GET', `/api/tasks/${task}/history`),
  ],
  scans: [
    () => send('GET', '/api/tasks/?search=NOT%20a*%20OR%20NOT%20b*'),
    () => send('GET', '/api/tasks/?created_after=2001-01-01T00:00:00Z'),
    () => send('GET', `/api/projects/${listed}/analytics?period=1y`),
    () => send('GET', `/api/projects/?search=e`),
  ],
  sorts: [
    () => send('GET', '/api/tasks/?sort=title'),
    () => send('GET', '/api/tasks/?sort=updated_at&order=asc'),
    () => send('GET', '/api/tasks/?page=900&page_size=100'),
  ],
  clones: [
    (count) =>
      send(
        'POST',
        `/api/projects/${project}/clone`,
        JSON.stringify({ name: `Copy ${count}`, include_tasks: true }),
      ),
  ],
  sleepers: [() => send('POST', '/api/commands/execute', sleeping)],
  sockets: [
    () => socket((ws) => setTimeout(() => ws.close(), restMs)),
    () =>
      socket((ws) => {
        ws.send(JSON.stringify({ type: 'authenticate', token }));
        for (let sent = 0; sent < 200; sent += 1)
          ws.send(JSON.stringify({ type: 'subscribe', channel: 'task_updates', project_id: project }));
        for (let sent = 0; sent < 200; sent += 1)
          ws.send(JSON.stringify({ type: 'execute_task', task_id: 'NONE-1' }));
        setTimeout(() => ws.close(), 1_000);
      }),
    () => send('GET', '/api/health/detailed', undefined, { anonymous: true }),
    () => send('GET', '/socket.io/?EIO=4&transport=polling', undefined, { anonymous: true }),
  ],
  unread: [
    () =>
      socket((ws, done) => {
        ws.send(JSON.stringify({ type: 'authenticate', token }));
        for (const command_id of outputs)
          ws.send(JSON.stringify({ type: 'subscribe', channel: 'command_output', command_id }));
        ws.pause();
        setTimeout(() => done(), restMs);
      }),
    () => unread(`/api/projects/${project}/tasks?page_size=100`, '', 20),
    () => unread(`/api/tasks/${task}/history`, '', 20),
    (count) => unread(`/api/commands/${outputs[Number(count.split('.')[1]) % outputs.length]}/output`),
    () => unread(`/api/commands/${outputs[0]}/output`, 'Accept: text/event-stream\r\n'),
  ],
};

const steps = kinds[process.argv[2]];
process.stdout.write('loud\n');
await Promise.all(
  Array.from({ length: lanes * (process.argv[2] === 'sleepers' ? 3 : 1) }, async (_, lane) => {
    for (let count = lane; ; count += 1)
      await steps[count % steps.length](`${lane}.${count}`).catch(() => delay(restMs));
  }),
);
