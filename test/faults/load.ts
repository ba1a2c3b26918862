import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { LiveSocket } from '../realtime/live-socket.js';
import type { App } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { data, makeProject, makeTask, times } from './steps.js';

/** Clients that ask for all kinds of things, over and over, until they are stopped. */
export interface Load {
  /** Answers that no client may get: what the document does not allow, and 500. */
  faults: string[];
  /** How many requests have been answered. */
  answered(): number;
  stop(): Promise<void>;
}

type Work = (client: Client, turn: number) => Promise<Answer | void>;

/** A connection that was closed, also before it was one. */
const connectionGone =
  /^(fetch failed|terminated|socket hang up|(read|connect|write) E\w+|Unexpected server response: 503|Waited \d+ ms for a message .*)/s;

/**
 * Puts requests of all kinds, runs with output, sockets and streams on an app, once each kind of request was answered.
 * @throws when one of them is refused
 */
export async function putLoad(app: App): Promise<Load> {
  const { admin } = app;
  const project_id = await makeProject(admin);
  const task = await makeTask(admin, project_id, 'seq 1 2000');
  const command = 'while :; do seq 1 2000; sleep 0.02; done';
  const { command_id } = await data(200, admin.post('/api/commands/execute', { command }));
  const { session_id } = await data(201, admin.post('/api/sessions/', { project_id }));
  const within = { headers: { 'x-session-id': session_id as string } };
  // requests of one user wait for each other
  const clients = await times(9, () => admin.createUser('admin'));

  const quick: Work[] = [
    (client) => client.get('/api/tasks/', { query: { page_size: 50, search: 'task' } }),
    (client) => client.get('/api/projects/'),
    (client) => client.get(`/api/projects/${project_id}`),
    (client) => client.get(`/api/projects/${project_id}/analytics`),
    (client) => client.get('/api/health/detailed'),
    (client) => client.get('/api/queues/status'),
    (client) => client.get('/api/system/info'),
    (client) => client.get('/api/users/'),
    (client) => client.get('/metrics'),
    (client) => client.get('/docs/'),
    (client) => client.get(`/api/tasks/${task}/history`),
    (client) => client.get(`/api/commands/${command_id}/output/search`, { query: { q: 'nothing' } }),
    (client) => client.post('/api/auth/login', client.credentials),
    (client) => client.post('/api/tasks/', { title: 'A task', project_id }, within),
    (client, turn) => client.put(`/api/tasks/${task}`, { title: `A task ${turn}` }, within),
    (client) =>
      client.post('/api/tasks/bulk', { operation: 'add_tags', task_ids: [task], data: { tags: ['a'] } }),
    (client, turn) =>
      client.post(
        '/api/tasks/',
        { title: 'Once', project_id },
        { headers: { 'idempotency-key': `${turn}` } },
      ),
    (client, turn) => client.put(`/api/projects/${project_id}/secrets/TOKEN`, { value: `secret ${turn}` }),
    (client) => client.post(`/api/projects/${project_id}/clone`, { name: 'Copy', include_tasks: false }),
    (client) => client.post('/api/webhooks/', { project_id, url: 'http://127.0.0.1:9/', events: ['task.*'] }),
    (client) => client.post('/api/commands/validate', { command: 'for i in 1 2; do rm -rf "./$i"; done' }),
    (client) => client.post('/api/commands/execute', { command: 'seq 1 1000' }),
    async (client) => {
      const made = await client.post('/api/tasks/', { title: 'Runs', project_id, command: 'seq 1 500' });
      return made.status === 201 ? client.post(`/api/tasks/${made.body.data.id}/execute`) : made;
    },
  ];
  const stopping = new AbortController();
  const follow = async (client: Client, accept: string) => {
    const path = `/api/commands/${command_id}/output`;
    const response = await client.open('GET', path, undefined, { headers: { accept } });
    for await (const _ of response.body ?? []) if (stopping.signal.aborted) return;
  };
  const lasting: Work[] = [
    (client) => client.post('/api/commands/execute', { command: 'sleep 40', stream_output: false }),
    (client) => follow(client, 'text/event-stream'),
    (client) => follow(client, 'application/octet-stream'),
    (client) => talk(app, client, { task_id: task, command_id }),
    (client) => talkBySocketIo(app, client, { task_id: task }),
  ];

  const clientOf = (at: number) => clients[at % clients.length]!;
  let answered = 0;
  const faults: string[] = [];
  const repeat = async (work: Work, at: number) => {
    for (let turn = 1; !stopping.signal.aborted; turn += 1) {
      try {
        const answer = await work(clientOf(at), at * 1_000_000 + turn);
        if (answer && answer.status >= 500 && answer.status !== 503) faults.push(JSON.stringify(answer.body));
        answered += 1;
      } catch (error) {
        const { message } = error as Error;
        if (!connectionGone.test(message)) faults.push(message);
        // whoever does not get through must not keep the processor from those who do
        await delay(20);
      }
    }
  };
  // what goes round from here on need not be waited for on a slow machine
  await Promise.all(
    quick.map(async (work, at) => {
      const answer = await work(clientOf(at), at * 1_000_000);
      if (answer && answer.status >= 300) throw new Error(`${String(work)}: ${JSON.stringify(answer.body)}`);
    }),
  );
  const loops = [...quick, ...lasting].map(repeat);
  return {
    faults,
    answered: () => answered,
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function talk(app: App, client: Client, ids: { task_id: string; command_id: unknown }): Promise<void> {
  const socket = await LiveSocket.open(app.wsUrl, client.token);
  socket.send({ type: 'subscribe', channel: 'command_output', command_id: ids.command_id });
  socket.send({ type: 'subscribe', channel: 'performance' });
  socket.send({ type: 'execute_task', task_id: ids.task_id });
  socket.send({ type: 'get_metrics', metrics: ['performance', 'queue_status', 'system_health'] });
  await socket.next('performance_data');
  await socket.close();
}

async function talkBySocketIo(app: App, client: Client, ids: { task_id: string }): Promise<void> {
  const auth = { token: client.token };
  const socket = io(app.wsUrl.replace('ws', 'http'), { auth, forceNew: true, reconnection: false });
  await new Promise((resolve) => {
    // a connection that ends between its handshake and its CONNECT is no error of either
    for (const event of ['connect', 'connect_error', 'disconnect']) socket.once(event, resolve);
  });
  socket.emit('execute_task', ids);
  socket.emit('get_metrics', {});
  socket.disconnect();
}
