import { Injectable } from '@nestjs/common';
import { LapsedClaims } from '../../claims/lapsed-claims.js';
import { WorkerLifecycle } from '../../executor/worker-lifecycle.js';
import { ExecutionQueue, type QueueEntry } from '../../infra/execution-queue.js';
import type { Queryable } from '../../infra/database.js';
import { counted, inBatches, mostExamples, type Check, type Mending } from './check.js';

/** Every process ends what has expired within seconds, so what is left after this time is stuck. */
const stuckAfterSeconds = 30;
const atOnce = 100;
/** The most admitted runs that the queue is asked about. */
const mostAsked = 1_000;

const stuckRuns = `FROM executions WHERE status = 'running'
  AND (lease_expires_at IS NULL OR lease_expires_at < now() - make_interval(secs => ${stuckAfterSeconds}))`;
const stuckClaims = `FROM claims WHERE expires_at < now() - make_interval(secs => ${stuckAfterSeconds})`;
const lostPointers = `FROM tasks t WHERE t.claim_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.id = t.claim_id AND c.task_id = t.id)`;

/** Checks of what runs and what waits to run. */
@Injectable()
export class RunChecks {
  constructor(
    private readonly queue: ExecutionQueue,
    private readonly lifecycle: WorkerLifecycle,
    private readonly claims: LapsedClaims,
  ) {}

  get all(): Check[] {
    return [
      { name: 'queue', examine: (db) => this.examineQueue(db), mend: (mending) => this.offerAgain(mending) },
      { name: 'run_leases', examine: (db) => this.examineRuns(db), mend: (mending) => this.endRuns(mending) },
      {
        name: 'claim_leases',
        examine: (db) => this.examineClaims(db),
        mend: (mending) => this.endClaims(mending),
      },
    ];
  }

  private async examineQueue(db: Queryable) {
    const unknown = await this.unknown(db);
    if (unknown.length === 0)
      return { status: 'ok', message: 'The queue knows every run that may start' } as const;
    return {
      status: 'error',
      message: `${counted(unknown.length, 'run', 'runs')} that may start ${unknown.length === 1 ? 'is' : 'are'} not in the queue, so that no worker takes them`,
      details: { executions: unknown.slice(0, mostExamples).map(({ id }) => id) },
    } as const;
  }

  /** Finds admitted executions that the queue has not known for a while; a reconciler offers them again within seconds. */
  private async unknown(db: Queryable): Promise<QueueEntry[]> {
    const entries = await db.query<QueueEntry & Record<string, unknown>>(
      `SELECT id, queue, boosted, runs_on FROM executions
        WHERE status = 'queued' AND admitted_at < now() - make_interval(secs => ${stuckAfterSeconds}) ORDER BY id LIMIT ${mostAsked}`,
    );
    const missing = new Set<string>();
    for (let from = 0; from < entries.length; from += atOnce)
      for (const id of await this.queue.missing(entries.slice(from, from + atOnce))) missing.add(id);
    return entries.filter(({ id }) => missing.has(id));
  }

  /** Offers to the queue what it does not know; a worker that has taken one of them meanwhile wins its claim, and the other offer is void. */
  private async offerAgain(mending: Mending): Promise<number> {
    return mending.batch(async (tx) => {
      const unknown = await this.unknown(tx);
      await this.queue.add(unknown);
      return unknown.length;
    });
  }

  private async examineRuns(db: Queryable) {
    const [row] = await db.query<{ n: number; executions: string[] | null }>(
      `SELECT count(*)::int AS n, (array_agg(id))[1:${mostExamples}] AS executions ${stuckRuns}`,
    );
    const { n, executions } = row!;
    if (n === 0) return { status: 'ok', message: 'Every running run has a worker that holds it' } as const;
    return {
      status: 'error',
      message: `${counted(n, 'run', 'runs')} stayed running after the worker was lost, though every process ends such runs: see the logs`,
      details: { count: n, executions },
    } as const;
  }

  private async endRuns(mending: Mending): Promise<number> {
    let changed = 0;
    for (let last = atOnce; last === atOnce && mending.hasTime(); changed += last)
      last = await this.lifecycle.endLost();
    if (changed > 0) await mending.record(changed);
    return changed;
  }

  private async examineClaims(db: Queryable) {
    const [row] = await db.query<{ stuck: number; lost: number; tasks: string[] | null }>(
      `SELECT (SELECT count(*)::int ${stuckClaims}) AS stuck, l.n AS lost, l.tasks
         FROM (SELECT count(*)::int AS n, (array_agg(t.id))[1:${mostExamples}] AS tasks ${lostPointers}) AS l`,
    );
    const { stuck, lost, tasks } = row!;
    if (stuck + lost === 0) return { status: 'ok', message: 'Every claim is held or was ended' } as const;
    return {
      status: 'error',
      message: [
        ...(stuck > 0
          ? [
              `${counted(stuck, 'claim has', 'claims have')} lapsed and ${stuck === 1 ? 'was' : 'were'} not ended`,
            ]
          : []),
        ...(lost > 0
          ? [
              `${counted(lost, 'task names a claim', 'tasks name claims')} that ${lost === 1 ? 'does' : 'do'} not exist`,
            ]
          : []),
      ].join('; '),
      details: { stuck, lost, tasks },
    } as const;
  }

  private async endClaims(mending: Mending): Promise<number> {
    // each claim that ends is recorded with its task
    const ended = await this.claims.sweep();
    const cleared = await inBatches(mending, atOnce, async (tx) => {
      const rows = await tx.query(
        `UPDATE tasks SET claim_id = NULL WHERE claim_id IS NOT NULL AND id IN (
           SELECT t.id ${lostPointers} LIMIT ${atOnce} FOR NO KEY UPDATE OF t SKIP LOCKED) RETURNING 1`,
      );
      return rows.length;
    });
    return ended + cleared;
  }
}
