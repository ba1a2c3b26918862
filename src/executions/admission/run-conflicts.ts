import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors.js';
import type { Actor } from '../../common/permissions.js';
import { Database, isNoData, type Queryable, type Transaction } from '../../infra/database.js';
import { Events } from '../../infra/events.js';
import { Infrastructure } from '../../infra/infrastructure.js';
import { shownGroup, type Concurrency } from '../concurrency.js';
import { ExecutionsService } from '../executions.service.js';
import { ExecutionLifecycle } from '../transitions/execution-lifecycle.js';

const replaced = 'A newer run of its concurrency group has taken its place';
/** How many waiting executions are cancelled concurrently; each is a transaction of its own. */
const cancelledAtOnce = 8;

/**
 * The older runs of the group $2 in the project $4; $3 is the newer run. Runs of other projects are left alone, whatever the rights of the
 * actor there: the group stands in a task that others may change, and is also run in the name of who has made a schedule or a trigger.
 */
const olderRuns = (status: 'queued' | 'running') => `
  SELECT e.id FROM executions e
   WHERE e.concurrency_group = $2 AND e.status = '${status}' AND e.id < $3 AND e.cancel_requested_at IS NULL AND e.project_id = $4`;

/** A new run, which takes the place of older ones. */
interface NewRun {
  id: string;
  projectId: string;
}

/** Decides what happens when a run is requested whose concurrency group is full. */
@Injectable()
export class RunConflicts {
  constructor(
    private readonly database: Database,
    private readonly events: Events,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly executions: ExecutionsService,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Makes room for a run, or refuses it, as its group says. Call it before the run is stored in the same transaction.
   * @param concurrency its group, with the name resolved
   * @param run what is older in the group and its project is replaced by `cancel_running`
   * @throws the transaction throws CONCURRENCY_SKIPPED, which `explain` completes
   */
  settle(tx: Transaction, actor: Actor, { group, limit, on_conflict }: Concurrency, run: NewRun): void {
    if (on_conflict === 'skip') void tx.withCommit(() => refuseConflict(tx, group, limit));
    if (on_conflict !== 'cancel_running') return;
    const stopping = tx.withCommit(() => requestCancels(tx, actor, group, run));
    tx.afterCommit(async () => {
      this.emitCancels(await stopping);
      // in the background, since a hundred thousand may wait; when this process dies, those that are left run first
      this.cancelOlder(actor, group, run).catch((error: unknown) =>
        this.infrastructure.logger.warn({ err: error, group }, 'older runs of a group could not be replaced'),
      );
    });
  }

  /** Adds to CONCURRENCY_SKIPPED the run that holds the group, if the actor may see it, and its name as it is shown. @returns the error to throw */
  async explain(actor: Actor, error: unknown): Promise<unknown> {
    if (!(error instanceof AppError) || error.code !== 'CONCURRENCY_SKIPPED') return error;
    const [holder] = await this.database.query<{ id: string; task_id: string | null }>(
      `SELECT e.id, e.task_id FROM executions e WHERE e.concurrency_group = $1 AND e.status IN ('queued', 'running')
        ORDER BY e.id LIMIT 1`,
      [error.details.concurrency_group],
    );
    const seen = holder && (await this.executions.require(actor, holder.id, 'read').catch(() => undefined));
    const concurrency_group = shownGroup(String(error.details.concurrency_group));
    const held = seen ? { execution_id: seen.id, task_id: seen.task_id } : {};
    return new AppError(error.code, { ...error.details, concurrency_group, ...held });
  }

  private async cancelOlder(actor: Actor, group: string, run: NewRun): Promise<void> {
    for (;;) {
      const waiting = await this.database.query<{ id: string }>(
        `${olderRuns('queued')} ORDER BY e.id DESC LIMIT $1`,
        [cancelledAtOnce, group, run.id, run.projectId],
      );
      if (waiting.length === 0) break;
      await Promise.all(
        waiting.map((older) =>
          this.database.transaction((tx) => this.lifecycle.cancelQueued(tx, older.id, actor, replaced)),
        ),
      );
    }
    // one that has started meanwhile
    this.emitCancels(await requestCancels(this.database, actor, group, run));
  }

  private emitCancels(stopping: readonly { id: string }[]): void {
    for (const older of stopping) this.events.emit('execution.cancel', { execution_id: older.id });
  }
}

/** @throws CONCURRENCY_SKIPPED when as many runs of the group wait or run as it has places, which fails the statements behind it too */
async function refuseConflict(tx: Transaction, group: string, limit: number): Promise<void> {
  await tx.query('SELECT refuse_conflict($1, $2)', [group, limit]).catch((error: unknown) => {
    const details = { concurrency_group: group, concurrency_limit: limit };
    throw isNoData(error) ? new AppError('CONCURRENCY_SKIPPED', details) : error;
  });
}

/** Requests the cancellation of the older running runs of a group; their workers find it with the next heartbeat at the latest. */
function requestCancels(
  db: Queryable,
  actor: Actor,
  group: string,
  { id, projectId }: NewRun,
): Promise<{ id: string }[]> {
  return db.query<{ id: string }>(
    `UPDATE executions SET cancel_requested_at = now(), cancelled_by = $1, cancel_reason = $5
      WHERE id IN (${olderRuns('running')} ORDER BY e.id FOR NO KEY UPDATE OF e) AND status = 'running' RETURNING id`,
    [actor.id, group, id, projectId, replaced],
  );
}
