import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { whyWaiting } from './executions.queries.js';
import type { ExecutionRow } from './executions.schema.js';

interface Facts extends Record<string, unknown> {
  status: string;
  started_at: Date | null;
  why_waiting: ExecutionRow['why_waiting'];
  position: number | null;
  ahead: number;
  running: number;
}

/** What changes slowly, and what a guess may take from a moment ago. */
interface Pace extends Record<string, unknown> {
  slots: number;
  seconds: number | null;
}

export interface Estimate {
  position: number | null;
  startsAt: Date | null;
  whyWaiting: ExecutionRow['why_waiting'];
}

const paceMs = 1_000;

/** Guesses from what happened of late when a queued execution will start. */
@Injectable()
export class StartEstimate {
  private pace: Promise<Pace> | undefined;
  private paceAt = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Guesses when an execution will start that is queued in a transaction, as it is at the end of it.
   * @returns what gives, after the commit, its place among all that are queued, from 1, and null once it has started; and when it
   * started or will, null when what it waits for, or how long runs take, is not known
   */
  atEnd(tx: Transaction, executionId: string): () => Promise<Estimate> {
    const pace = this.currentPace();
    // awaited after the commit, if there is one
    pace.catch(() => undefined);
    const seen = tx.behindCommit(() =>
      tx.query<Facts>(
        `SELECT e.status, e.started_at, ${whyWaiting} AS why_waiting, l.ahead,
                CASE WHEN e.status = 'queued' THEN l.place END AS position,
                (SELECT count(*)::int FROM executions r WHERE r.status = 'running') AS running
           FROM executions e CROSS JOIN LATERAL place_in_line(e.id) AS l WHERE e.id = $1`,
        [executionId],
      ),
    );
    return async () => {
      const [facts] = await seen;
      if (!facts) return { position: null, startsAt: null, whyWaiting: null };
      return {
        position: facts.position,
        startsAt: startOf({ ...facts, ...(await pace) }),
        whyWaiting: facts.why_waiting,
      };
    };
  }

  private currentPace(): Promise<Pace> {
    if (this.pace === undefined || performance.now() - this.paceAt > paceMs) {
      this.paceAt = performance.now();
      this.pace = this.readPace();
      this.pace.catch(() => (this.paceAt = -Infinity));
    }
    return this.pace;
  }

  private async readPace(): Promise<Pace> {
    const [pace] = await this.database.query<Pace>(
      `SELECT (SELECT coalesce(sum(slots), 0)::int FROM workers
                WHERE seen_at > now() - make_interval(secs => $1)) AS slots,
              (SELECT avg(extract(epoch FROM finished_at - started_at))::float8 FROM (
                 SELECT finished_at, started_at FROM executions
                  WHERE finished_at IS NOT NULL AND started_at IS NOT NULL ORDER BY finished_at DESC LIMIT 100
               ) AS late) AS seconds`,
      [this.infrastructure.config.LEASE_SECONDS],
    );
    return pace!;
  }
}

function startOf(facts: Facts & Pace): Date | null {
  if (facts.started_at) return facts.started_at;
  if (facts.status !== 'queued' || facts.why_waiting !== 'worker_busy' || facts.slots === 0) return null;
  const free = facts.slots - facts.running;
  if (facts.ahead < free) return new Date();
  if (facts.seconds === null) return null;
  const rounds = Math.floor((facts.ahead - Math.max(0, free)) / facts.slots) + 1;
  return new Date(Date.now() + rounds * facts.seconds * 1000);
}
