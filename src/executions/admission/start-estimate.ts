import { Injectable } from '@nestjs/common';
import { SharedFor } from '../../common/shared.js';
import { Database, type Queryable, type Transaction } from '../../infra/database.js';
import { Infrastructure } from '../../infra/infrastructure.js';
import { whyWaiting } from './admission.queries.js';
import type { ExecutionRow } from '../executions.schema.js';

/** A place in line is counted up to this number; behind it, it is the sum of counts that are cached. */
const countedPlaces = 1_000;

interface Facts extends Record<string, unknown> {
  status: string;
  queue: number;
  boosted: boolean;
  started_at: Date | null;
  why_waiting: ExecutionRow['why_waiting'];
  position: number | null;
  ahead: number;
  running: number;
  runs_on: string[];
}

/** How many executions of one priority are queued, and how many of them are admitted. */
interface Lane extends Record<string, unknown> {
  queue: number;
  boosted: boolean;
  queued: number;
  admitted: number;
}

/** The throughput of the workers, which changes slowly, so that an estimate may use a cached one. */
interface Throughput extends Record<string, unknown> {
  slots: number;
  /** The average duration of the last 100 runs; null when nothing has run yet. */
  seconds: number | null;
}

export interface Estimate {
  position: number | null;
  startsAt: Date | null;
  whyWaiting: ExecutionRow['why_waiting'];
}

const cacheMs = 1_000;

/** Estimates from the latest runs when a queued execution will start. */
@Injectable()
export class StartEstimate {
  private readonly throughput = new SharedFor(cacheMs, () => this.readThroughput());
  private readonly line = new SharedFor(cacheMs, () => this.readLine());

  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Estimates when an execution will start that is queued in a transaction, as of the end of the transaction.
   * @returns a function to call after the commit. Its `position` is the place among all queued executions, from 1, and null once the
   * execution has started; `startsAt` is when it started or will, null when it waits for more than a worker or the duration of runs is
   * not known
   */
  afterCommit(tx: Transaction, executionId: string): () => Promise<Estimate> {
    const throughput = this.throughput.ask();
    // it is awaited only after the commit, so without this a failure before that would be an unhandled rejection
    throughput.catch(() => undefined);
    const seen = tx.behindCommit(() => readFacts(tx, executionId));
    return async () => {
      const first = await seen;
      // the reason of last resort: another admission was at work when this was read, and by now the execution has been looked at
      const facts =
        first?.why_waiting === 'user_limit' ? await readAgain(this.database, executionId, first) : first;
      if (!facts) return { position: null, startsAt: null, whyWaiting: null };
      const isCounted = facts.position === null || facts.position < countedPlaces;
      const { position, ahead } = isCounted ? facts : placeOf(facts, await this.line.ask());
      const fitting =
        facts.runs_on.length === 0 || facts.why_waiting !== 'worker_busy'
          ? {}
          : await readFitting(this.database, executionId, this.infrastructure.config.LEASE_SECONDS);
      return {
        position,
        startsAt: startOf({ ...facts, ahead, ...(await throughput), ...fitting }),
        whyWaiting: facts.why_waiting,
      };
    };
  }

  private async readThroughput(): Promise<Throughput> {
    const [throughput] = await this.database.query<Throughput>(
      `SELECT (SELECT coalesce(sum(slots), 0)::int FROM workers
                WHERE seen_at > now() - make_interval(secs => $1) AND NOT draining) AS slots,
              (SELECT avg(extract(epoch FROM finished_at - started_at))::float8 FROM (
                 SELECT finished_at, started_at FROM executions
                  WHERE finished_at IS NOT NULL AND started_at IS NOT NULL ORDER BY finished_at DESC LIMIT 100
               ) AS latest) AS seconds`,
      [this.infrastructure.config.LEASE_SECONDS],
    );
    return throughput!;
  }

  private readLine(): Promise<Lane[]> {
    return this.database.query<Lane>(
      `SELECT queue, boosted, count(*)::int AS queued, count(admitted_at)::int AS admitted FROM executions
        WHERE status = 'queued' GROUP BY queue, boosted`,
    );
  }
}

function startOf(facts: Facts & Throughput): Date | null {
  if (facts.started_at) return facts.started_at;
  if (facts.status !== 'queued' || facts.why_waiting !== 'worker_busy' || facts.slots === 0) return null;
  const free = facts.slots - facts.running;
  if (facts.ahead < free) return new Date();
  if (facts.seconds === null) return null;
  const rounds = Math.floor((facts.ahead - Math.max(0, free)) / facts.slots) + 1;
  return new Date(Date.now() + rounds * facts.seconds * 1000);
}

async function readFacts(db: Queryable, executionId: string): Promise<Facts | undefined> {
  const [facts] = await db.query<Facts>(
    `SELECT e.status, e.queue, e.boosted, e.started_at, e.runs_on, ${whyWaiting} AS why_waiting, l.ahead,
            CASE WHEN e.status = 'queued' THEN l.place END AS position,
            (SELECT count(*)::int FROM executions r WHERE r.status = 'running') AS running
       FROM executions e CROSS JOIN LATERAL place_in_line(e.id, $2) AS l WHERE e.id = $1`,
    [executionId, countedPlaces],
  );
  return facts;
}

/**
 * Counts, for an execution that asks for labels, the slots of the workers that have them, what runs there, and what asks for the same and
 * comes before it, which is counted up to a thousand.
 */
async function readFitting(
  db: Queryable,
  executionId: string,
  leaseSeconds: number,
): Promise<Pick<Facts & Throughput, 'slots' | 'running' | 'ahead'> | undefined> {
  const [fitting] = await db.query<
    Pick<Facts & Throughput, 'slots' | 'running' | 'ahead'> & Record<string, unknown>
  >(
    `WITH fitting AS MATERIALIZED (
       SELECT w.id, w.slots FROM executions e JOIN workers w ON w.labels @> e.runs_on
        WHERE e.id = $1 AND NOT w.draining AND w.seen_at > now() - make_interval(secs => $2))
     SELECT (SELECT coalesce(sum(f.slots), 0)::int FROM fitting f) AS slots,
            (SELECT count(*)::int FROM executions r JOIN fitting f ON f.id = r.worker_id WHERE r.status = 'running') AS running,
            (SELECT count(*)::int FROM (
               SELECT 1 FROM executions e JOIN executions o ON o.runs_on = e.runs_on
                WHERE e.id = $1 AND o.status = 'queued' AND o.admitted_at IS NOT NULL AND o.runs_on <> '{}'
                  AND (NOT o.boosted, o.queue, o.id) < (NOT e.boosted, e.queue, e.id) LIMIT ${countedPlaces}) AS before) AS ahead`,
    [executionId, leaseSeconds],
  );
  return fitting;
}

/** Reads again why an execution waits; its place is the one that it had. */
async function readAgain(db: Queryable, executionId: string, before: Facts): Promise<Facts | undefined> {
  const [now] = await db.query<
    Pick<Facts, 'status' | 'started_at' | 'why_waiting'> & Record<string, unknown>
  >(`SELECT e.status, e.started_at, ${whyWaiting} AS why_waiting FROM executions e WHERE e.id = $1`, [
    executionId,
  ]);
  return now && { ...before, ...now, position: now.status === 'queued' ? before.position : null };
}

/** The place of an execution that is the last of its priority, behind more than were counted, and how many admitted ones are before it. */
function placeOf(
  { position, ahead, queue, boosted }: Facts,
  line: readonly Lane[],
): Pick<Facts, 'position' | 'ahead'> {
  const before = line.filter(
    (lane) => (lane.boosted && !boosted) || (lane.boosted === boosted && lane.queue <= queue),
  );
  const sum = (counts: number[]) => counts.reduce((total, n) => total + n, 0);
  return {
    position: Math.max(position ?? 0, sum(before.map(({ queued }) => queued))),
    ahead: Math.max(ahead, sum(before.map(({ admitted }) => admitted))),
  };
}
