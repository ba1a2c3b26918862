import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { addUpQueues, hourOf, rolledUpUntil } from '../../src/infra/rollups/queue-rollup.queries.js';
import { metricsRows } from '../../src/queues/queue-metrics.queries.js';
import { queueCounts, readThroughput } from '../../src/queues/queues.queries.js';
import { until } from '../support/until.js';
import { isNear, percentileOf, randomIntegers, RollupTest } from './rollup-steps.js';

let rollups: RollupTest;
beforeAll(async () => {
  rollups = await RollupTest.create();
});
afterAll(() => rollups.close());

const hourMs = 3_600_000;
const periods = [1, 6, 24, 168, 720];
const random = randomIntegers(26);

interface Execution extends Record<string, unknown> {
  queue: number;
  status: string;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

/** Inserts executions that were created up to some hours ago; some wait, some run, some ended before they began. */
async function insert(count: number, hours: number): Promise<void> {
  const rows = Array.from({ length: count }, () => {
    const created = Date.now() - random(hours) * hourMs - random(hourMs);
    const started = created + random(90_000);
    const ended = started + random(300) * random(2_000);
    const status = ['queued', 'running', 'completed', 'completed', 'failed', 'cancelled', 'dropped'][
      random(7)
    ]!;
    const hasStarted = status !== 'queued' && status !== 'dropped';
    const hasEnded = status !== 'queued' && status !== 'running' && ended < Date.now();
    return {
      id: newId(),
      queue: random(3),
      status: status === 'dropped' ? 'failed' : status,
      created_at: new Date(created),
      started_at: hasStarted ? new Date(started) : null,
      finished_at: hasEnded ? new Date(ended) : null,
    };
  });
  await rollups.db.query(
    `INSERT INTO executions (id, requested_by, queue, status, command, timeout, created_at, started_at, finished_at)
     SELECT id, id, queue, status, 'true', 60, created_at, started_at, finished_at
       FROM json_populate_recordset(NULL::executions, $1)`,
    [JSON.stringify(rows)],
  );
}

/** Starts executions now and ends them, as a worker does. */
async function run(count: number): Promise<void> {
  const requester = newId();
  await rollups.db.query(
    `INSERT INTO executions (id, requested_by, queue, status, command, timeout, started_at)
     SELECT gen_random_uuid(), $1, n % 3, 'running', 'true', 60, now() FROM generate_series(1, $2) AS n`,
    [requester, count],
  );
  await rollups.db.query(
    "UPDATE executions SET status = CASE WHEN queue = 1 THEN 'failed' ELSE 'completed' END, finished_at = now() WHERE requested_by = $1",
    [requester],
  );
}

const milliseconds = (from: Date, to: Date) => to.getTime() - from.getTime();

/** Computes the metrics of a queue from the rows, of an hour or from it on. */
function reference(rows: readonly Execution[], isIn: (at: Date | null) => boolean) {
  const ended = rows.filter(({ finished_at }) => isIn(finished_at));
  const count = (status: string) => ended.filter((row) => row.status === status).length;
  const ran = ended.filter(({ started_at }) => started_at !== null);
  return {
    counts: {
      enqueued: rows.filter(({ created_at }) => isIn(created_at)).length,
      completed: count('completed'),
      failed: count('failed'),
      cancelled: count('cancelled'),
    },
    wait: ran.map((row) => milliseconds(row.created_at, row.started_at!)),
    run: ran.map((row) => milliseconds(row.started_at!, row.finished_at!)),
  };
}

const readAll = () => rollups.db.query<Execution>('SELECT * FROM executions');

async function expectExact(executions?: readonly Execution[]): Promise<void> {
  const all = executions ?? (await readAll());
  for (const hours of periods) {
    const first = hourOf(Date.now()) - hours + 1;
    const rows = await metricsRows(rollups.db, first);
    const hour = (at: Date | null) => (at === null ? -1 : hourOf(at.getTime()));
    for (const queue of [0, 1, 2]) {
      const mine = all.filter((row) => row.queue === queue);
      const times = mine
        .flatMap((row) => [hour(row.created_at), hour(row.finished_at)])
        .filter((at) => at >= first);
      const shown = new Map(rows.filter((row) => row.queue === queue).map((row) => [row.hour, row]));
      expect([...shown.keys()].filter((key) => key !== null).toSorted()).toEqual(
        [...new Set(times)].toSorted(),
      );
      // one assertion for all hours: each takes longer than what it compares
      const faults: unknown[] = [];
      for (const [key, row] of shown) {
        const {
          counts,
          wait,
          run: ran,
        } = reference(mine, (at) => (key === null ? hour(at) >= first : hour(at) === key));
        for (const name of ['enqueued', 'completed', 'failed', 'cancelled'] as const)
          if (row[name] !== counts[name]) faults.push({ hour: key, name, row, counts });
        for (const [value, list, fraction] of [
          [row.wait_p50, wait, 0.5],
          [row.wait_p95, wait, 0.95],
          [row.run_p50, ran, 0.5],
          [row.run_p95, ran, 0.95],
        ] as const)
          if (!isNear(value, percentileOf(list, fraction))) faults.push({ hour: key, value, list, fraction });
      }
      expect(faults).toEqual([]);
    }
  }
  const day = reference(all, (at) => at !== null && hourOf(at.getTime()) > hourOf(Date.now()) - 24);
  const throughput = await readThroughput(rollups.db, 15);
  expect(throughput.completed).toBe(day.counts.completed);
  if (day.run.length === 0) expect(throughput.average_seconds).toBe(null);
  else
    expect(throughput.average_seconds).toBeCloseTo(
      day.run.reduce((total, ms) => total + ms, 0) / day.run.length / 1000,
      6,
    );
}

/** Adds up all that has ended, which waits for transactions that began before. */
const addUp = () =>
  until(async () => {
    await rollups.addUp(addUpQueues);
    const [row] = await rollups.db.query<{ left: boolean }>(
      `SELECT EXISTS (SELECT 1 FROM executions WHERE finished_at >= (value #>> '{}')::timestamptz) AS left
         FROM system_settings WHERE name = 'queue_rollup'`,
    );
    return !row!.left;
  });

test('queue metrics equal those of the rows at each stage of the rollup, and survive the deletion of rows', async () => {
  // as after an upgrade: nothing is added up
  await rollups.db.query(
    `UPDATE system_settings SET value = to_jsonb(now() - interval '31 days') WHERE name = 'queue_rollup'`,
  );
  await insert(300, 34 * 24);
  await insert(100, 30);
  await expectExact();
  for (let step = 0; step < 150; step += 1) expect(await addUpQueues(rollups.db)).toBe(true);
  await expectExact();
  await rollups.addUpKilled(addUpQueues);
  await expectExact();
  await addUp();
  await expectExact();
  for (let round = 0; round < 3; round += 1) {
    await run(40);
    await expectExact();
    if (round === 1) await rollups.addUpKilled(addUpQueues);
    await addUp();
    await expectExact();
  }
  const before = await readAll();
  await rollups.db.query("DELETE FROM executions WHERE status IN ('completed', 'failed', 'cancelled')");
  await expectExact(before);
});

test('a time in which nothing happened is one step, as that before an installation was made', async () => {
  const own = await RollupTest.create();
  try {
    expect(await addUpQueues(own.db)).toBe(false);
    const since = async () => {
      const [row] = await own.db.query<{ seconds: number }>(
        `SELECT extract(epoch FROM now() - ${rolledUpUntil})::float AS seconds`,
      );
      return row!.seconds;
    };
    expect(await since()).toBeLessThan(600);
    await own.db.query(
      `UPDATE system_settings SET value = to_jsonb(now() - interval '31 days') WHERE name = 'queue_rollup'`,
    );
    await own.db.query(
      `INSERT INTO executions (id, requested_by, status, command, timeout, created_at)
       SELECT gen_random_uuid(), $1, 'queued', 'true', 60, now() - interval '20 days' + n * interval '2 days' FROM generate_series(0, 2) AS n`,
      [newId()],
    );
    for (let step = 0; step < 3; step += 1) expect(await addUpQueues(own.db)).toBe(true);
    expect(await addUpQueues(own.db)).toBe(false);
    expect(await since()).toBeLessThan(600);
  } finally {
    await own.close();
  }
});

test('executions that end in an open transaction are not missed by the rollup', async () => {
  await addUp();
  const before = await readAll();
  await rollups.db.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO executions (id, requested_by, status, command, timeout, started_at, finished_at)
       VALUES ($1, $1, 'completed', 'true', 60, now(), now())`,
      [newId()],
    );
    // another one ends in the meantime, and the beginning of the transaction is more than a second ago
    await run(1);
    await until(async () => {
      const [row] = await tx.query<{ past: boolean }>(
        "SELECT clock_timestamp() > now() + interval '1.1 seconds' AS past",
      );
      return row?.past;
    });
    await rollups.addUp(addUpQueues);
  });
  expect(await readAll()).toHaveLength(before.length + 2);
  const [row] = await rollups.db.query<{ left: boolean }>(
    `SELECT max(finished_at) >= ${rolledUpUntil} AS left FROM executions`,
  );
  expect(row).toEqual({ left: true });
});

test('20,000 more executions make reads of the metrics hardly more expensive', async () => {
  const fill = async (count: number) => {
    await rollups.db.query(
      `INSERT INTO executions (id, requested_by, queue, status, command, timeout, created_at, started_at, finished_at)
       SELECT gen_random_uuid(), $1, n % 3, CASE WHEN n % 2 = 0 THEN 'queued' ELSE 'completed' END, 'true', 60, at,
              CASE WHEN n % 2 = 1 THEN at + n % 60 * interval '1 s' END, CASE WHEN n % 2 = 1 THEN at + n % 400 * interval '1 s' END
         FROM generate_series(1, $2) AS n CROSS JOIN LATERAL (SELECT now() - interval '1 hour' * (2 + n % 90) AS at) AS t`,
      [newId(), 2 * count],
    );
    await rollups.db.query('TRUNCATE queue_hours, queue_time_blocks');
    await rollups.db.query(
      `UPDATE system_settings SET value = to_jsonb(now() - interval '4 days') WHERE name = 'queue_rollup'`,
    );
    await addUp();
    await rollups.db.query('VACUUM ANALYZE');
  };
  const first = hourOf(Date.now()) - 719;
  const reads = async () => [
    await rollups.blocksOf((db) => metricsRows(db, first)),
    await rollups.blocksOf((db) => readThroughput(db, 15)),
    await rollups.blocksOf((db) => queueCounts(db)),
  ];
  await rollups.db.query('DELETE FROM executions');
  await fill(2_000);
  const before = await reads();
  await fill(20_000);
  const after = await reads();
  for (const [n, blocks] of after.entries()) expect(blocks).toBeLessThan(3 * before[n]!);
});
