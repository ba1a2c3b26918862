import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { whyWaiting } from './executions.queries.js';
import type { ExecutionRow } from './executions.schema.js';

interface Facts extends Record<string, unknown> {
  status: string;
  started_at: Date | null;
  why_waiting: ExecutionRow['why_waiting'];
  ahead: number;
  slots: number;
  running: number;
  seconds: number | null;
}

/** Guesses from what happened of late when a queued execution will start. */
@Injectable()
export class StartEstimate {
  constructor(
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  /** @returns when it started or will; null when what it waits for, or how long runs take, is not known */
  async of(executionId: string): Promise<{ startsAt: Date | null; whyWaiting: ExecutionRow['why_waiting'] }> {
    const [facts] = await this.database.query<Facts>(
      `SELECT e.status, e.started_at, ${whyWaiting} AS why_waiting,
              (SELECT count(*)::int FROM executions o WHERE o.status = 'queued' AND o.admitted_at IS NOT NULL
                  AND (NOT o.boosted, o.queue, o.id) < (NOT e.boosted, e.queue, e.id)) AS ahead,
              (SELECT coalesce(sum(slots), 0)::int FROM workers
                WHERE seen_at > now() - make_interval(secs => $2)) AS slots,
              (SELECT count(*)::int FROM executions r WHERE r.status = 'running') AS running,
              (SELECT avg(extract(epoch FROM finished_at - started_at))::float8 FROM (
                 SELECT finished_at, started_at FROM executions
                  WHERE finished_at IS NOT NULL AND started_at IS NOT NULL ORDER BY finished_at DESC LIMIT 100
               ) AS late) AS seconds
         FROM executions e WHERE e.id = $1`,
      [executionId, this.infrastructure.config.LEASE_SECONDS],
    );
    if (!facts) return { startsAt: null, whyWaiting: null };
    return { startsAt: startOf(facts), whyWaiting: facts.why_waiting };
  }
}

function startOf(facts: Facts): Date | null {
  if (facts.started_at) return facts.started_at;
  if (facts.status !== 'queued' || facts.why_waiting !== 'worker_busy' || facts.slots === 0) return null;
  const free = facts.slots - facts.running;
  if (facts.ahead < free) return new Date();
  if (facts.seconds === null) return null;
  const rounds = Math.floor((facts.ahead - Math.max(0, free)) / facts.slots) + 1;
  return new Date(Date.now() + rounds * facts.seconds * 1000);
}
