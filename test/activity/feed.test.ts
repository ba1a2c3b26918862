import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { Client as Postgres } from 'pg';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { missedEntries } from '../../src/events/missed-entries.queries.js';
import { data, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { waitingFor, whileLocked } from '../support/locked-table.js';
import { until } from '../support/until.js';

const app = useSharedApp();
const open: Feed[] = [];
let owner: Client;
let other: Client;
let project: Json;
beforeAll(async () => {
  [owner, other] = await Promise.all([app.admin.createUser('developer'), app.admin.createUser('developer')]);
  project = await makeProject(owner);
});
afterEach(() => {
  for (const feed of open.splice(0)) feed.close();
});

/** What a feed has sent. */
class Feed {
  text = '';
  isOver = false;
  private readonly controller = new AbortController();

  async open(client: Client, query: Record<string, string> = {}, lastEventId?: string): Promise<this> {
    const headers = lastEventId === undefined ? undefined : { 'last-event-id': lastEventId };
    const response = await client.open('GET', '/api/events', undefined, {
      query,
      signal: this.controller.signal,
      ...(headers ? { headers } : {}),
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    void this.read(response);
    await until(() => this.text.includes(': open'));
    open.push(this);
    return this;
  }

  /** The events so far, of one kind. */
  events(kind = 'activity'): Json[] {
    return this.text
      .split('\n\n')
      .filter((one) => one.includes(`event: ${kind}\n`))
      .map((one) => JSON.parse(/^data: (.*)$/m.exec(one)![1]!));
  }

  get ids(): number[] {
    return [...this.text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  }

  /** Waits until an event fits. */
  next(fits: (event: Json) => boolean): Promise<Json> {
    return until(() => this.events().find(fits));
  }

  close(): void {
    this.controller.abort();
  }

  private async read(response: Response): Promise<void> {
    try {
      for await (const chunk of response.body!) this.text += Buffer.from(chunk).toString();
    } catch {
      // closed by the test
    }
    this.isOver = true;
  }
}

const follow = (client: Client, query?: Record<string, string>, last?: string) =>
  new Feed().open(client, query, last);

test('what happens is sent as it happens, with the numbers of the activity', async () => {
  const feed = await follow(owner, { project_id: project.key });
  const task = await makeTask(owner, project, { title: 'Live' });
  await data(200, owner.put(`/api/tasks/${task.id}`, { title: 'Lively' }));
  const event = await feed.next(({ action }) => action === 'updated');
  const { activity } = await data(
    200,
    owner.get('/api/activity', { query: { entity_id: task.id, action: 'updated' } }),
  );
  expect(event).toEqual(activity[0]);
  expect(feed.ids).toEqual(feed.events().map(({ sequence }) => sequence));
  expect(feed.events().map(({ action }) => action)).toEqual(['created', 'updated']);
});

test('a feed goes on behind the last event, and misses nothing of what many write at once', async () => {
  const own = await makeProject(owner);
  const first = await follow(owner, { project_id: own.id });
  await Promise.all(Array.from({ length: 20 }, () => makeTask(owner, own)));
  await until(() => first.ids.length >= 7);
  first.close();
  const last = first.ids.at(-1)!;
  await Promise.all(Array.from({ length: 20 }, () => makeTask(owner, own)));
  const second = await follow(owner, { project_id: own.id }, String(last));
  await Promise.all(Array.from({ length: 20 }, () => makeTask(owner, own)));
  const rows = await app.query<{ sequence: string }>(
    "SELECT sequence FROM activity WHERE project_id = $1 AND action = 'created' AND entity_type = 'task' ORDER BY sequence",
    [own.id],
  );
  expect(rows).toHaveLength(60);
  const all = rows.map(({ sequence }) => Number(sequence));
  await until(() => second.ids.length === all.filter((id) => id > last).length);
  expect([...first.ids, ...second.ids]).toEqual(all);
});

test('a number whose transaction is open holds back what is behind it, and is not left out', async () => {
  const own = await makeProject(owner);
  const feed = await follow(owner, { project_id: own.id });
  // as a write does that has its number and has not committed: here it takes 0.7 s
  const slow = app.query(
    `WITH slow AS (
       INSERT INTO activity (id, entity_type, entity_id, project_id, action) VALUES (gen_random_uuid(), 'task', $1, $1, 'slow') RETURNING 1)
     SELECT pg_sleep(0.7) FROM slow`,
    [own.id],
  );
  await until(async () => {
    const rows = await app.query(
      "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'WITH slow%' AND state = 'active'",
    );
    return rows.length > 0;
  });
  await makeTask(owner, own);
  await slow;
  await feed.next(({ action }) => action === 'created');
  expect(feed.events().map(({ action }) => action)).toEqual(['slow', 'created']);
});

test('a number is waited for although its transaction began after the one behind it', async () => {
  const own = await makeProject(owner);
  const feed = await follow(owner, { project_id: own.id });
  const write =
    "INSERT INTO activity (id, entity_type, entity_id, project_id, action) VALUES (gen_random_uuid(), 'task', $1, $1, $2)";
  const [first, second] = [1, 2].map(() => new Postgres({ connectionString: app.databaseUrl })) as [
    Postgres,
    Postgres,
  ];
  for (const client of [first, second]) {
    await client.connect();
    await client.query('BEGIN; SELECT pg_current_xact_id()');
  }
  await second.query(write, [own.id, 'early']);
  await first.query(write, [own.id, 'late']);
  await first.query('COMMIT');
  const [{ now }] = (await app.query('SELECT now()')) as [{ now: Date }];
  await until(async () => {
    const reads = await app.query(
      "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT a.sequence, a.at%' AND query_start > $1",
      [now],
    );
    return reads.length > 0;
  });
  const whileOpen = follow(owner, { project_id: own.id });
  await second.query('COMMIT');
  await feed.next(({ action }) => action === 'late');
  expect(feed.events().map(({ action }) => action)).toEqual(['early', 'late']);
  await whileOpen;
  await Promise.all([first.end(), second.end()]);
});

const fill = (projects: Json[], count: number) =>
  app.query<{ sequence: string; project_id: string; entity_type: string }>(
    `INSERT INTO activity (id, entity_type, entity_id, project_id, action)
     SELECT gen_random_uuid(), CASE WHEN n % 7 = 0 THEN 'label' ELSE 'task' END, gen_random_uuid(), ($1::uuid[])[1 + n % cardinality($1)], 'filled'
       FROM generate_series(1, $2) AS n RETURNING sequence, project_id, entity_type`,
    [projects.map(({ id }) => id), count],
  );

test('what was missed is sent page by page, of what the listener may see and asks for', async () => {
  const [one, two] = [await makeProject(owner), await makeProject(owner)];
  const before = await app.query<{ last: string }>('SELECT max(sequence) AS last FROM activity');
  const last = before[0]!.last;
  const filled = await fill([one, two, await makeProject(other)], 2_000);
  const feeds = await Promise.all([
    follow(owner, {}, last),
    follow(owner, { project_id: one.key }, last),
    follow(owner, { types: 'label' }, last),
    follow(app.admin, { types: 'label,document' }, last),
  ]);
  // of what comes now, everybody is sent something, behind what was missed
  await data(201, owner.post('/api/labels', { project_id: one.id, kind: 'task', name: 'last' }));
  await Promise.all(feeds.map((feed) => feed.next(({ new_value }) => new_value?.name === 'last')));
  const wanted: ((row: Json) => boolean)[] = [
    ({ project_id }) => [one.id, two.id].includes(project_id),
    ({ project_id }) => project_id === one.id,
    ({ project_id, entity_type }) => entity_type === 'label' && [one.id, two.id].includes(project_id),
    ({ entity_type }) => entity_type === 'label',
  ];
  for (const [i, feed] of feeds.entries()) {
    const ids = feed.events().flatMap(({ action, sequence }) => (action === 'filled' ? [sequence] : []));
    expect(ids).toEqual(filled.filter(wanted[i]!).map(({ sequence }) => Number(sequence)));
  }
});

test('what one may not see costs nothing when it is missed', async () => {
  await makeTask(other, await makeProject(other));
  const reader = { id: other.user.id, isAdministrator: false };
  const blocks = async (text: string, values: readonly unknown[] = []) => {
    const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`;
    const [row] = await app.query<{ 'QUERY PLAN': Json }>(explain, [...values]);
    const { Plan: plan } = row!['QUERY PLAN'][0];
    return [plan['Shared Hit Blocks'] + plan['Shared Read Blocks']];
  };
  const db = { query: blocks as never };
  const missed = { reader, projectId: undefined, types: undefined, after: 0, upTo: 2 ** 40 };
  const read = async (): Promise<number> => (await missedEntries(db, missed, 200)).rows[0] as never;
  // the first reads of a connection read the catalogue as well
  const least = async () => Math.min(await read(), await read(), await read());
  await app.query('ANALYZE activity');
  const before = await least();
  await fill([await makeProject(owner)], 20_000);
  await app.query('ANALYZE activity');
  expect(await least()).toBeLessThan(before + 20);
});

test('the feeds of a user read what they have missed one at a time', async () => {
  await follow(owner);
  let feeds: Feed[] = [];
  const reads = () => waitingFor(app, 'SELECT a.sequence, a.at');
  await whileLocked(app, 'activity', async () => {
    feeds = await Promise.all(Array.from({ length: 20 }, () => follow(owner, {}, '0')));
    await until(async () => (await reads()) > 0);
    // the rest of the connections is there for others
    await Promise.all(Array.from({ length: 10 }, () => data(200, other.get('/api/projects/'))));
    // beside them, the activity is read for all listeners
    expect(await reads()).toBeLessThanOrEqual(2);
  });
  await Promise.all(feeds.map((feed) => feed.next(({ project_id }) => project_id === project.id)));
});

test('everybody is sent what they may see, of the types they ask for', async () => {
  const [all, comments, audit] = [
    await follow(other),
    await follow(owner, { types: 'document,attachment' }),
    await follow(app.admin, { types: 'user' }),
  ];
  const mine = await makeProject(other);
  await makeTask(owner, project, { title: 'Not for others' });
  await data(201, owner.post(`/api/projects/${project.id}/docs`, { title: 'A doc', body: 'x' }));
  await makeTask(other, mine);
  const someone = await app.admin.createUser('developer');
  await all.next(({ project_id, entity_type }) => project_id === mine.id && entity_type === 'task');
  await comments.next(({ entity_type }) => entity_type === 'document');
  await audit.next(({ entity_id, action }) => entity_id === someone.user.id && action === 'created');
  expect(all.text).not.toContain(project.id);
  expect(all.events().every(({ project_id }) => project_id === mine.id)).toBe(true);
  expect(new Set(comments.events().map(({ entity_type }) => entity_type))).toEqual(new Set(['document']));
  expect(await refusal(other.get('/api/events', { query: { project_id: project.id } }))).toBe(
    '404 PROJECT_NOT_FOUND',
  );
});

test('a feed ends with the right to it', async () => {
  await data(200, owner.put(`/api/projects/${project.id}/members/${other.user.id}`, { role: 'viewer' }));
  const { id, token } = await data(
    201,
    owner.post('/api/personal-access-tokens/', { label: 'x', scopes: ['tasks.read'] }),
  );
  const [ofProject, ofToken] = [
    await follow(other, { project_id: project.id }),
    await follow(owner.withToken(token)),
  ];
  await data(200, owner.delete(`/api/projects/${project.id}/members/${other.user.id}`));
  await data(200, owner.delete(`/api/personal-access-tokens/${id}`));
  await until(() => ofProject.isOver && ofToken.isOver);
  expect(ofProject.events('error')).toMatchObject([{ code: 'PROJECT_NOT_FOUND' }]);
  expect(ofToken.events('error')).toMatchObject([{ code: 'AUTH_TOKEN_INVALID' }]);
});

test('a clone that takes long does not hold back what others do', async () => {
  const source = await makeProject(owner);
  await makeTask(owner, source);
  await data(201, owner.post(`/api/projects/${source.id}/docs`, { title: 'A doc', body: 'x' }));
  const mine = await makeProject(other);
  const [feed, copies] = [await follow(other, { project_id: mine.id }), await follow(owner)];
  let clone: Promise<Json> | undefined;
  await whileLocked(app, 'document_versions', async () => {
    clone = data(201, owner.post(`/api/projects/${source.id}/clone`, { name: 'Long', include_tasks: true }));
    await until(async () => (await waitingFor(app, 'INTO document_versions')) > 0);
    await makeTask(other, mine);
    await feed.next(({ action }) => action === 'created');
  });
  const { id } = await clone!;
  await until(() => copies.events().filter(({ project_id }) => project_id === id).length === 2);
  expect(copies.events().flatMap((event) => (event.project_id === id ? [event.entity_type] : []))).toEqual([
    'project',
    'task',
  ]);
});

test('a feed behind a number that has not been given yet begins with what happens', async () => {
  const own = await makeProject(owner);
  const feed = await follow(owner, { project_id: own.id }, '999999999999999');
  await makeTask(owner, own);
  await feed.next(({ action }) => action === 'created');
});

test('the connection of a feed that has lost its right is cut, whether its client reads or not', async () => {
  const reader = await app.admin.createUser('developer');
  await data(200, owner.put(`/api/projects/${project.id}/members/${reader.user.id}`, { role: 'viewer' }));
  const last = await app.query<{ last: string }>('SELECT max(sequence) AS last FROM activity');
  // more than lies in the buffers of a connection
  await app.query(
    `INSERT INTO activity (id, entity_type, entity_id, project_id, action, new_value)
     SELECT gen_random_uuid(), 'task', gen_random_uuid(), $1, 'filled', jsonb_build_object('x', repeat('x', 5000)) FROM generate_series(1, 4000)`,
    [project.id],
  );
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.write(
    `GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${reader.token}\r\nLast-Event-ID: ${last[0]!.last}\r\n\r\n`,
  );
  // the buffers are full when the kernel holds what nobody takes, and it does not change
  let queued = 0;
  let unchanged = 0;
  await until(
    async () => {
      const now = await unsentBytes(socket.remotePort!, socket.localPort!);
      unchanged = now === queued ? unchanged + 1 : 0;
      queued = now;
      return queued > 0 && unchanged > 10;
    },
    { timeout: 30_000, what: 'the buffers to be full' },
  );
  await data(200, reader.post('/api/auth/logout'));
  // the answer is over for the server, although its client has not read on
  const isOver = () =>
    app.processes
      .flatMap(({ stderr }) => stderr.split('\n'))
      .some((line) => line.includes('"route":"/api/events"') && line.includes(reader.user.id));
  expect(isOver()).toBe(false);
  await until(isOver, { timeout: 20_000 });
  socket.destroy();
});

test('a feed that is given up while it opens is not counted any more', async () => {
  const user = await app.admin.createUser('developer');
  const mine = await makeProject(user);
  const query = { project_id: mine.id };
  await whileLocked(app, 'project_members', async () => {
    const controller = new AbortController();
    const opening = Array.from({ length: 20 }, () =>
      user.open('GET', '/api/events', undefined, { query, signal: controller.signal }).catch(() => undefined),
    );
    await until(async () => (await waitingFor(app, 'project_members')) > 0);
    controller.abort();
    await Promise.all(opening);
  });
  await Promise.all(Array.from({ length: 50 }, () => follow(user, query)));
});

/** The bytes that the kernel has of a connection and that its other end has not taken, as /proc/net/tcp says. */
async function unsentBytes(port: number, peerPort: number): Promise<number> {
  const hex = (number: number) => number.toString(16).toUpperCase().padStart(4, '0');
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  const line = lines.find(
    ([, local, remote]) => local?.endsWith(`:${hex(port)}`) && remote?.endsWith(`:${hex(peerPort)}`),
  );
  return Number.parseInt(line?.[4]?.split(':')[0] ?? '0', 16);
}
