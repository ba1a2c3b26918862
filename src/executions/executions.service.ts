import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { Keyset } from '../http/keyset.js';
import type { Actor } from '../common/permissions.js';
import { Database, type Queryable } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { ProjectAccess, type ProjectPermission } from '../projects/project-access.js';
import { shownWithTask } from '../projects/projects.queries.js';
import { ExecutionLifecycle } from './transitions/execution-lifecycle.js';
import { isFinal } from './transitions/execution-state.js';
import type { Execution } from './execution.entity.js';
import { whyWaiting } from './admission/admission.queries.js';
import { readSummary } from './artifacts/artifacts.queries.js';
import {
  listedExecutionColumns,
  toExecution,
  type ExecutionDetail,
  type ExecutionListQuery,
  type ExecutionRow,
  type ListedExecutionRow,
} from './executions.schema.js';
import { permittedReaders, type Reader } from './readers.queries.js';

/** How long a cancel request waits for the process tree to be verified gone. */
const cancelTimeoutMs = 10_000;
/** The bus usually reports the end at once; when that message is lost, the end is seen after this time. */
const recheckMs = 1_000;

@Injectable()
export class ExecutionsService {
  constructor(
    private readonly database: Database,
    private readonly access: ProjectAccess,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly events: Events,
  ) {}

  /** Loads an execution with its summary. @throws RESOURCE_NOT_FOUND */
  async show(actor: Actor, id: string): Promise<ExecutionDetail> {
    const execution = toExecution(await this.require(actor, id, 'read'));
    return { ...execution, summary: await readSummary(this.database, execution.execution_id) };
  }

  /**
   * Loads an execution that the actor has a permission for. An execution of a project needs the permission there; one without a
   * project belongs to its requester and the administrators.
   * @throws RESOURCE_NOT_FOUND when it does not exist or the actor may not see it, PROJECT_ACCESS_DENIED
   */
  async require(
    actor: Actor,
    id: string,
    permission: ProjectPermission,
    db: Queryable = this.database,
  ): Promise<ExecutionRow> {
    const [execution] = await db.query<ExecutionRow>(
      `SELECT e.*, ${whyWaiting} AS why_waiting FROM executions e WHERE e.id = $1`,
      [id],
    );
    if (!execution) throw new AppError('RESOURCE_NOT_FOUND', { id });
    if (execution.project_id === null) {
      if (execution.requested_by === actor.id || actor.role === 'admin') return execution;
      throw new AppError('RESOURCE_NOT_FOUND', { id });
    }
    await this.access.require(actor, execution.project_id, permission, db).catch((error: unknown) => {
      const hidden = error instanceof AppError && error.code === 'PROJECT_NOT_FOUND';
      throw hidden ? new AppError('RESOURCE_NOT_FOUND', { id }) : error;
    });
    return execution;
  }

  /** Selects the readers who may read their execution, by the rules of `require`. */
  async permitted<R extends Reader>(readers: readonly R[]): Promise<Set<R>> {
    return permittedReaders(this.database, readers);
  }

  /** Lists the executions of a task in projects that the actor may see, the latest first, from a cursor on. @throws VALIDATION_INVALID_FORMAT for the cursor */
  async listOfTask(
    actor: Actor,
    task: { id: string; project_id: string },
    { limit, cursor }: ExecutionListQuery,
  ): Promise<{ rows: ListedExecutionRow[]; next_cursor: string | null }> {
    const keyset = new Keyset([['e.id', 'id']], 'desc', ['executions', task.id], cursor);
    const values: unknown[] = [actor.id, actor.role === 'admin', task.id, task.project_id];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const rows = await this.database.query<ListedExecutionRow>(
      `SELECT ${listedExecutionColumns}, ${whyWaiting} AS why_waiting FROM executions e
        WHERE e.task_id = $3 AND ${shownWithTask('e.project_id', '$4::uuid')} AND ${keyset.after(bind)} ${keyset.orderBy} LIMIT ${bind(limit + 1)}`,
      values,
    );
    return keyset.cut(rows, limit);
  }

  /**
   * Cancels an execution and waits, at most 10 s, until its process tree is verified gone.
   * @returns the execution; still running when the 10 s were not enough
   */
  async cancel(actor: Actor, id: string, reason: string | null): Promise<Execution> {
    const ended = await this.database.transaction((tx) => this.lifecycle.cancelQueued(tx, id, actor, reason));
    if (ended) return ended;
    await this.database.query(
      `UPDATE executions SET cancel_requested_at = now(), cancelled_by = $2, cancel_reason = $3
        WHERE id = $1 AND status = 'running' AND cancel_requested_at IS NULL`,
      [id, actor.id, reason],
    );
    return this.waitForEnd(id, () => this.events.emit('execution.cancel', { execution_id: id }));
  }

  private async waitForEnd(id: string, requestCancel: () => void): Promise<Execution> {
    const deadline = Date.now() + cancelTimeoutMs;
    let wake = (): void => undefined;
    const stop = this.events.on('execution.changed', ({ execution_id, status }) => {
      if (execution_id === id && isFinal(status)) wake();
    });
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, recheckMs).unref();
        });
        const [execution] = await this.database.query<Execution>('SELECT * FROM executions WHERE id = $1', [
          id,
        ]);
        if (!execution) throw new AppError('RESOURCE_NOT_FOUND', { id });
        if (isFinal(execution.status) || Date.now() > deadline) return execution;
        requestCancel();
        await changed;
      }
    } finally {
      stop();
    }
  }
}
