import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projects } from '../data/seed.mjs';
import { Api } from '../support/api.mjs';
import { Child, residentMB } from '../support/child.mjs';
import { now, percentile } from '../support/figures.mjs';
import { root } from '../support/millrace.mjs';

const seconds = 10;
/** The delay that a quiet user may have beyond twice its time without a noisy neighbour. */
const moreMs = 20;
/** The number of quiet users, each of which may send 500 requests a minute. */
const quietUsers = 6;
/** The number of tasks for the kinds of load that read all of them. */
const manyTasks = 100_000;
const ofMany = new Set(['scans', 'sorts']);
/** The timeout of a request, which is also the time that counts for a failed one. */
const timeoutMs = 30_000;

/** The number of outputs of 8 MB that the loud user requests and does not read. */
const unreadOutputs = 20;
/** The most memory for unread output: buffered bytes of one user, responses in progress, and garbage. */
const mostUnreadMB = 400;

const kinds = {
  bodies: 'bodies of brackets and of numbers, and 9 MB of text',
  searches: 'searches of an output of two streams in turn',
  checks: 'commands that are hard to read, to be checked',
  lists: 'lists and histories of the largest tasks',
  scans: 'searches for nearly every task of many, filters and figures that read them all',
  sorts: 'lists of many tasks in an order that no index has, and pages far behind',
  clones: 'copies of a project of 900 tasks',
  sleepers: 'commands that sleep, of high priority',
  sockets: 'handshakes, subscriptions and executions over sockets',
  unread: 'sockets, streams and large answers that are never read',
};

/**
 * Measures how a loud user (a noisy neighbour) delays the small requests and commands of quiet users, with the default rate limits. Each
 * kind of load has a server of its own, since some servers do not recover. FAIRNESS=lists,clones measures only these kinds.
 */
export default async function fairness(world, report) {
  const environment = { RATE_LIMIT_ENABLED: 'true', TRUST_PROXY: '127.0.0.1' };
  const quiet = {};
  const wanted = process.env.FAIRNESS?.split(',') ?? Object.keys(kinds);
  for (const kind of [undefined, ...wanted]) {
    const url = await world.fresh('fairness', ofMany.has(kind) ? manyTasks : 0);
    const server = await world.millrace({ ...environment, DATABASE_URL: url });
    const api = await server.signIn();
    const { loud, quiets, task } = await createUsers(server, api);
    const before = residentMB(server.pid);
    const child = kind && (await startLoudUser(server, kind, loud, (work) => world.query(url, work)));
    // lets the load of the loud user build up
    if (child) await delay(300);
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, residentMB(server.pid))), 50);
    const times = await measure(quiets, task);
    clearInterval(watch);
    if (child) await child.stop('SIGKILL');
    for (const [what, values] of Object.entries(times)) {
      const p99 = percentile(values, 99);
      const remark = `p50 ${percentile(values, 50).toFixed(1)} ms of ${values.length}`;
      if (kind === undefined) {
        quiet[what] = p99;
        report.note(`alone: ${what}, p99`, p99, 'ms', remark);
      } else report.most(`${kinds[kind]}: ${what}, p99`, p99, 'ms', 2 * quiet[what] + moreMs, remark);
    }
    if (kind === 'unread')
      report.most(
        `${kinds[kind]}: memory`,
        peak - before,
        'MB',
        mostUnreadMB,
        'the highest, above the start',
      );
    await world.stop(server);
  }
}

async function createUsers(server, api) {
  const create = async (username, role, tier) => {
    const password = `password of ${username}`;
    const email = `${username}@example.org`;
    await api.post('/api/users/', { username, password, email, role, tier });
    return signIn(server, username, password);
  };
  const quiets = [];
  for (let n = 0; n < quietUsers; n += 1) quiets.push(await create(`quiet${n}`, 'developer', 'premium'));
  const loud = await create('loud', 'developer', 'standard');
  const { id } = await quiets[0].post('/api/projects/', { name: 'Quiet', visibility: 'internal' });
  const task = await quiets[0].post('/api/tasks/', { title: 'quiet', project_id: id });
  return { loud, quiets, task: task.id };
}

async function signIn(server, username, password) {
  const { access_token } = await new Api(server.url).call('POST', '/api/auth/login', { username, password });
  return new Api(server.url, access_token);
}

async function startLoudUser(server, kind, loud, query) {
  const settings = { url: server.url, token: loud.token, project: projects.made, listed: projects.made };
  if (kind === 'searches') {
    const lines = `i=0; while [ $i -lt 15000 ]; do echo l; echo e >&2; i=$((i+1)); done`;
    const { command_id } = await loud.post('/api/commands/execute', { command: lines, stream_output: false });
    settings.output = command_id;
  }
  if (kind === 'unread') {
    settings.outputs = [];
    for (let made = 0; made < unreadOutputs; made += 1) {
      const command = `yes ${'x'.repeat(99)} | head -c 8000000`;
      const { command_id } = await loud.post('/api/commands/execute', { command, stream_output: false });
      settings.outputs.push(command_id);
    }
  }
  if (['lists', 'sockets', 'unread'].includes(kind)) Object.assign(settings, await largeTasks(loud));
  if (kind === 'clones') settings.project = await projectToCopy(loud, query);
  const child = new Child('loud', process.execPath, [join(root, 'bench/peers/loud.mjs'), kind], {
    env: { PATH: process.env.PATH, LOUD: JSON.stringify(settings) },
  });
  await child.until(() => child.log.includes('loud'));
  return child;
}

/** Creates tasks of the maximum size: with 6 MB of environment if the server accepts it, else 128 KiB. */
async function largeTasks(api) {
  const { id } = await api.post('/api/projects/', { name: 'Large' });
  const environment = (count) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`V${n}`, 'v'.repeat(32_000)]));
  const text = { title: 'large', description: 'd'.repeat(50_000), command: `true ${'c'.repeat(65_000)}` };
  const create = (count) =>
    api.post('/api/tasks/', { ...text, project_id: id, environment: environment(count) });
  const first = await create(200).catch(() => undefined);
  const variables = first ? 200 : 4;
  let last = first;
  for (let n = 0; n < 12; n += 1) last = await create(variables);
  for (let n = 0; n < 6; n += 1)
    await api.call('PUT', `/api/tasks/${last.id}`, {
      command: `${text.command}${n}`,
      environment: { ...environment(variables - 1), N: String(n) },
    });
  return { project: id, task: last.id };
}

/** Creates a project with nearly as many tasks as the default limit allows, by SQL: with the rate limit, requests would take minutes. */
async function projectToCopy(api, query) {
  const { id } = await api.post('/api/projects/', { name: 'To copy' });
  await query((db) =>
    db.query(
      `INSERT INTO tasks (id, project_id, number, title, description, created_by, command)
       SELECT gen_random_uuid(), p.id, i, 'Task ' || i, repeat('some words of a description ', 20), p.created_by, 'true'
         FROM projects p, generate_series(1, 900) i WHERE p.id = $1`,
      [id],
    ),
  );
  return id;
}

/** Measures small requests and commands of the quiet users for some seconds, or until there is a time of each. */
async function measure(quiets, task) {
  const end = now() + seconds * 1000;
  const [gets, runs] = await Promise.all([
    repeat(end, 20, (n) => quiets[n % quiets.length].get(`/api/tasks/${task}`)),
    repeat(end, 150, (n) =>
      quiets[n % quiets.length].post('/api/commands/execute', { command: 'true', stream_output: false }),
    ),
  ]);
  return { get: gets, 'a command to its end': runs };
}

async function repeat(end, restMs, work) {
  const times = [];
  for (let n = 0; n === 0 || now() < end; n += 1) {
    const begun = now();
    await Promise.race([work(n).catch(() => delay(timeoutMs)), delay(timeoutMs)]);
    times.push(Math.min(timeoutMs, now() - begun));
    await delay(restMs * (0.5 + Math.random()));
  }
  return times;
}
