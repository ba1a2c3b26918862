import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projects } from '../data/seed.mjs';
import { Api } from '../support/api.mjs';
import { Child, residentMB } from '../support/child.mjs';
import { now, percentile } from '../support/figures.mjs';
import { root } from '../support/millrace.mjs';

const seconds = 10;
/** What a quiet user may wait more than twice as long for. */
const moreMs = 20;
/** Each has 500 requests a minute. */
const quietUsers = 6;
/** So many tasks are there for those who read them all. */
const manyTasks = 100_000;
const ofMany = new Set(['scans', 'sorts']);
/** A request that has not been answered by then counts as long. */
const patienceMs = 30_000;

/** Outputs that are asked for and not read, of 8 MB each. */
const unreadOutputs = 20;
/** What the unread may take: what waits for one user, the answers that are being made, and garbage. */
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
 * What a quiet user notices of a loud one, with the rate limits of the default: small requests, and a command from the request to
 * its end. Each kind has a server of its own, since some do not recover. FAIRNESS=lists,clones measures some kinds alone.
 */
export default async function fairness(world, report) {
  const environment = { RATE_LIMIT_ENABLED: 'true', TRUST_PROXY: '127.0.0.1' };
  const quiet = {};
  const wanted = process.env.FAIRNESS?.split(',') ?? Object.keys(kinds);
  for (const kind of [undefined, ...wanted]) {
    const url = await world.fresh('fairness', ofMany.has(kind) ? manyTasks : 0);
    const server = await world.millrace({ ...environment, DATABASE_URL: url });
    const api = await server.signIn();
    const { loud, quiets, task } = await people(server, api);
    const before = residentMB(server.pid);
    const child = kind && (await beLoud(server, kind, loud, (work) => world.query(url, work)));
    // the loud one has begun
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

async function people(server, api) {
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

async function beLoud(server, kind, loud, query) {
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

/** As large as they may be: 6 MB of environment where that is taken, else 128 KiB. */
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

/** As many tasks as a project has without an administrator's leave, nearly; the rate limit would take minutes to let them be made. */
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

/** Small requests and commands of the quiet users, some milliseconds apart, for some seconds or until one of each was done. */
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
    await Promise.race([work(n).catch(() => delay(patienceMs)), delay(patienceMs)]);
    times.push(Math.min(patienceMs, now() - begun));
    await delay(restMs * (0.5 + Math.random()));
  }
  return times;
}
