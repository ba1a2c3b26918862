import { Injectable } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { shellFor } from '../common/shell.js';
import type { Actor } from '../common/permissions.js';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import { isFinal } from '../executions/transitions/execution-state.js';
import { ExecutionWaiter } from '../executions/execution-waiter.js';
import { queueOf, type ExecutionRow } from '../executions/executions.schema.js';
import { ExecutionsService } from '../executions/executions.service.js';
import { OutputWaiter } from '../output/output-waiter.js';
import { storedEnd, tailFrames } from '../output/output-tail.js';
import { allowedTimeout, refuseFullStorage, runRules } from '../executions/project-rules.js';
import { readUsage } from '../executions/output-usage.queries.js';
import { SafetyChecks } from '../command-safety/safety-checks.js';
import { Database, type Transaction } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { RequestTurns } from '../request-limits/request-turns.js';
import { ProjectAccess } from '../projects/project-access.js';
import {
  toStarted,
  toStatus,
  type CancelledCommand,
  type CommandStatus,
  type ExecuteCommand,
  type StartedCommand,
  type StatusQuery,
} from './commands.schema.js';

/** How long a request waits for the command to start. */
const startTimeoutMs = 2_000;
/** How long a request with `stream_output: false` waits for the end of the command; proxies time out after 30 s. */
const endTimeoutMs = 25_000;
const shownBytes = 256 * 1024;

/** Runs commands without a task. The status of an execution of a task can be read by the same routes. */
@Injectable()
export class CommandsService {
  constructor(
    private readonly database: Database,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly executions: ExecutionsService,
    private readonly access: ProjectAccess,
    private readonly actors: Actors,
    private readonly safety: SafetyChecks,
    private readonly waiter: ExecutionWaiter,
    private readonly outputs: OutputWaiter,
    private readonly turns: RequestTurns,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Queues a command and waits until it has started, with `stream_output: false` until it has ended, or the time is over.
   * @param gone ends the wait, when the client has disconnected; the command goes on
   * @throws COMMAND_UNSAFE, QUEUE_FULL, RESOURCE_LIMIT_EXCEEDED, AUTH_INSUFFICIENT_PERMISSIONS for `allow_unsafe`, PROJECT_NOT_FOUND,
   * PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED; the errors of `Actors.confirm` when the actor loses the permission while the command is
   * checked or waits for its turn
   */
  async execute(
    actor: Actor,
    input: ExecuteCommand,
    gone: AbortSignal,
  ): Promise<StartedCommand | CommandStatus> {
    const shell = await this.shellOf(actor, input);
    const { environment } = input;
    await this.safety.refuseUnsafe(actor, input.command, input.allow_unsafe, { environment, shell });
    const { MAX_RUN_LIMITS, MAX_USER_STORAGE } = this.infrastructure.config;
    const timeout = allowedTimeout(input.timeout, this.infrastructure.config);
    const enqueue = async (tx: Transaction, now: Actor): Promise<string> => {
      const project_id = input.project_id ?? actor.projectId ?? null;
      const project = project_id === null ? null : await this.access.require(now, project_id, 'execute', tx);
      refuseFullStorage(project, await readUsage(tx, project?.id ?? now.id), MAX_USER_STORAGE);
      return this.lifecycle.enqueue(tx, now, {
        ...runRules(project, input.limits, MAX_RUN_LIMITS),
        task_id: null,
        project_id: project?.id ?? null,
        session_id: now.sessionId ?? null,
        requested_by: now.id,
        queue: queueOf(input.priority),
        command: input.command,
        shell,
        working_directory: input.working_directory ?? '',
        environment,
        timeout,
        retries_left: 0,
        final_exit_codes: [],
        artifacts: [],
      });
    };
    const id = await this.turns.take(actor, async () => {
      const now = await this.actors.confirm(actor, input.allow_unsafe ? 'admin' : 'execute');
      return this.database.transaction((tx) => enqueue(tx, now));
    });
    if (input.stream_output) return toStarted(await this.waiter.untilStarted(id, startTimeoutMs));
    const row = await this.waiter.untilEnded(id, endTimeoutMs, gone);
    return this.turns.take(actor, () => this.show(row));
  }

  /**
   * Loads the status of a command with the end of its output, if asked after a wait. While it waits it holds neither a turn nor a
   * database connection.
   * @param query the most lines of output to return, and how long to wait for what
   * @param gone ends the wait, when the client has disconnected
   * @throws RESOURCE_NOT_FOUND, also when the actor may not see the command any more after the wait; the errors of `Actors.confirm`
   */
  async status(
    actor: Actor,
    id: string,
    { tail, wait_seconds, after_offset }: StatusQuery,
    gone: AbortSignal,
  ): Promise<CommandStatus> {
    if (wait_seconds > 0) {
      const { status } = await this.turns.take(actor, () => this.executions.require(actor, id, 'read'));
      const waitMs = wait_seconds * 1000;
      if (!isFinal(status) && after_offset !== undefined)
        await this.outputs.untilBeyond(id, after_offset, waitMs, gone);
      else if (!isFinal(status)) await this.waiter.untilEnded(id, waitMs, gone);
    }
    return this.turns.take(actor, async () => {
      const now = wait_seconds > 0 ? await this.actors.recheck(actor) : actor;
      return this.show(await this.executions.require(now, id, 'read'), tail);
    });
  }

  /**
   * Stops a command that is queued or running.
   * @returns `cancelled`, or `cancelling` when its processes are not gone after 10 s
   * @throws RESOURCE_NOT_FOUND, PROJECT_ACCESS_DENIED, COMMAND_NOT_RUNNING when it has ended, also by itself during this request
   */
  async cancel(actor: Actor, id: string, reason: string | null): Promise<CancelledCommand> {
    const before = await this.executions.require(actor, id, 'cancel');
    if (isFinal(before.status))
      throw new AppError('COMMAND_NOT_RUNNING', { command_id: id, status: before.status });
    const execution = await this.executions.cancel(actor, id, reason);
    const { status, exit_code, cancel_reason } = execution;
    if (status === 'completed' || status === 'failed')
      throw new AppError('COMMAND_NOT_RUNNING', { command_id: id, status });
    return {
      command_id: id,
      status: status === 'cancelled' ? 'cancelled' : 'cancelling',
      cancelled_at: status === 'cancelled' ? toInstant(execution.finished_at) : null,
      exit_code,
      reason: cancel_reason,
    };
  }

  /** Which program runs the command: it is decided before the safety check, which depends on it. */
  private async shellOf(actor: Actor, { shell, project_id }: ExecuteCommand): Promise<string> {
    const id = project_id ?? actor.projectId ?? null;
    if (shell !== null || id === null) return shellFor(shell, {});
    const { settings } = await this.turns.take(actor, () => this.access.require(actor, id, 'execute'));
    return shellFor(null, settings);
  }

  private async show(row: ExecutionRow, tail?: number): Promise<CommandStatus> {
    const [frames, stored] = await Promise.all([
      row.output_pruned_at ? [] : tailFrames(this.database, row.id, shownBytes, tail),
      isFinal(row.status) ? 0 : storedEnd(this.database, row.id),
    ]);
    return toStatus(row, frames, stored);
  }
}
