import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import { AppError } from '../common/errors.js';
import { formatDuration } from '../common/duration.js';
import { toInstant } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { ExecutionLifecycle } from '../executions/execution-lifecycle.js';
import type { Execution } from '../executions/execution.entity.js';
import {
  queueOf,
  shownStatus,
  toListedExecution,
  type ExecutionListQuery,
} from '../executions/executions.schema.js';
import { ExecutionsService } from '../executions/executions.service.js';
import { CommandSafety } from '../command-safety/command-safety.js';
import { allowedTimeout, runRules } from '../executions/project-rules.js';
import { StartEstimate } from '../executions/start-estimate.js';
import { Database, type Transaction } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import type {
  CancelledTask,
  ExecuteTask,
  QueuedTask,
  RetriedTask,
  TaskExecutions,
} from './task-execution.schema.js';
import { requireTask, runStateOf, type AccessibleTask, type RunState } from './tasks.queries.js';

/** A command that changes between its judgement and its start is judged again, so often. */
const judgements = 3;

/** What was judged. */
interface Judgement {
  command: string;
  environment: Record<string, string>;
}

@Injectable()
export class TaskExecutionService {
  constructor(
    private readonly database: Database,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly executions: ExecutionsService,
    private readonly estimate: StartEstimate,
    private readonly safety: CommandSafety,
    private readonly actors: Actors,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Queues a run of a task's command, or of its project's template.
   * @throws TASK_NOT_FOUND, TASK_ALREADY_RUNNING, TASK_NOT_EXECUTABLE, TASK_DEPENDENCY_NOT_MET when a task it depends on is
   * neither completed nor on its way, COMMAND_UNSAFE, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, QUEUE_FULL, RESOURCE_LIMIT_EXCEEDED
   */
  async execute(actor: Actor, name: string, input: ExecuteTask): Promise<QueuedTask> {
    return this.judged(actor, name, input.options.allow_unsafe, (tx, task, state) =>
      this.enqueue(tx, actor, task, state, input),
    );
  }

  /**
   * Runs a failed or cancelled task again, as its last run was asked for.
   * @throws TASK_NOT_RETRYABLE and what execute throws
   */
  async retry(actor: Actor, name: string): Promise<RetriedTask> {
    return this.judged(actor, name, false, async (tx, task, state) => {
      if (task.status === 'queued' || task.status === 'running') {
        throw new AppError('TASK_ALREADY_RUNNING', { task_id: task.id });
      }
      const [last] = await tx.query<Execution>('SELECT * FROM executions WHERE id = $1', [task.execution_id]);
      if (!last || (task.status !== 'failed' && task.status !== 'cancelled')) {
        throw new AppError('TASK_NOT_RETRYABLE', { task_id: task.id, status: task.status });
      }
      const again = {
        priority: (['high', 'normal', 'low'] as const)[last.queue] ?? 'normal',
        options: { timeout: last.timeout, limits: last.limits, final_exit_codes: last.final_exit_codes },
      };
      const queued = await this.enqueue(tx, actor, task, state, again, last);
      return async () => ({ ...(await queued()), retry_attempt: last.attempt + 1 });
    });
  }

  /**
   * Stops a task that is queued or running.
   * @returns status `cancelled`, or `cancelling` when its processes are not gone after 10 s; `completed` or `failed` when it
   * ended by itself meanwhile
   * @throws TASK_NOT_RUNNING
   */
  async cancel(actor: Actor, name: string, reason: string | null): Promise<CancelledTask> {
    const task = await requireTask(this.database, actor, name, 'execute');
    if (task.execution_id === null || (task.status !== 'queued' && task.status !== 'running')) {
      throw new AppError('TASK_NOT_RUNNING', { task_id: task.id, status: task.status });
    }
    const execution = await this.executions.cancel(actor, task.execution_id, reason);
    if (execution.status === 'failed') {
      // it failed in the same moment and its next attempt has been queued: that is what is to be stopped now
      const now = await requireTask(this.database, actor, task.id, 'execute');
      if (now.execution_id !== execution.id && (now.status === 'queued' || now.status === 'running')) {
        return this.cancel(actor, task.id, reason);
      }
    }
    const status = shownStatus(execution);
    return {
      task_id: task.id,
      execution_id: execution.id,
      status: status === 'queued' || status === 'running' ? 'cancelling' : status,
      cancelled_at: status === 'cancelled' ? toInstant(execution.finished_at) : null,
      reason: execution.cancel_reason,
      exit_code: execution.exit_code,
    };
  }

  /**
   * The execution whose output is the task's: the current one, or the last.
   * @throws TASK_NOT_FOUND, RESOURCE_NOT_FOUND when it was never run
   */
  async latest(actor: Actor, name: string): Promise<Execution> {
    const { id, execution_id } = await requireTask(this.database, actor, name, 'read');
    if (execution_id === null) {
      throw new AppError('RESOURCE_NOT_FOUND', { task_id: id }, { message: 'The task was never run' });
    }
    return this.executions.require(actor, execution_id, 'read');
  }

  /** The attempts to run a task, the latest first. @throws TASK_NOT_FOUND, VALIDATION_INVALID_FORMAT for the cursor */
  async list(actor: Actor, name: string, query: ExecutionListQuery): Promise<TaskExecutions> {
    const { id } = await requireTask(this.database, actor, name, 'read');
    const { rows, next_cursor } = await this.executions.listOfTask(id, query);
    return { task_id: id, executions: rows.map(toListedExecution), next_cursor };
  }

  /** @returns what gives the answer once the transaction is committed */
  private async enqueue(
    tx: Transaction,
    actor: Actor,
    task: AccessibleTask,
    state: RunState,
    input: ExecuteTask,
    last?: Execution,
  ): Promise<() => Promise<QueuedTask>> {
    if (state.active !== null) {
      throw new AppError('TASK_ALREADY_RUNNING', { task_id: task.id, execution_id: state.active });
    }
    const command = commandOf(task);
    if (command === undefined) throw new AppError('TASK_NOT_EXECUTABLE', { task_id: task.id });
    // a dependency that is on its way may be waited for; one that nobody has started may not
    if (state.hopeless !== null) {
      throw new AppError('TASK_DEPENDENCY_NOT_MET', { task_id: task.id, dependencies: state.hopeless });
    }
    const { MAX_RUN_LIMITS } = this.infrastructure.config;
    const timeout = allowedTimeout(input.options.timeout ?? task.timeout, this.infrastructure.config);
    const project = { ...state, id: task.project_id, settings: task.project_settings };
    const id = await this.lifecycle.enqueue(tx, actor, {
      ...runRules(project, { ...task.limits, ...input.options.limits }, MAX_RUN_LIMITS),
      task_id: task.id,
      project_id: task.project_id,
      session_id: actor.sessionId ?? null,
      requested_by: actor.id,
      queue: queueOf(input.priority),
      command,
      working_directory: task.working_directory ?? '',
      environment: { ...describe(task), ...task.environment },
      timeout,
      retries_left: input.options.retry_attempts ?? task.retry_attempts,
      final_exit_codes: input.options.final_exit_codes ?? task.final_exit_codes,
      ...(last ? { attempt: last.attempt + 1, retry_of: last.id } : {}),
    });
    const estimate = this.estimate.afterCommit(tx, id);
    return async () => {
      const { position, startsAt, whyWaiting } = await estimate();
      return {
        task_id: task.id,
        execution_id: id,
        status: 'queued',
        queue_position: position,
        estimated_start_time: toInstant(startsAt),
        why_waiting: whyWaiting,
      };
    };
  }

  /**
   * Does something with a task that is locked and whose command may run. A command that nobody has judged yet is judged with
   * nothing locked, since that may take a while, and the task is looked at again.
   * @param work gives what gives the result after the commit
   * @throws COMMAND_UNSAFE, VERSION_CONFLICT when the command changes faster than it can be judged
   */
  private async judged<T>(
    actor: Actor,
    name: string,
    allowUnsafe: boolean | undefined,
    work: (tx: Transaction, task: AccessibleTask, state: RunState) => Promise<() => Promise<T>>,
  ): Promise<T> {
    let judgement: Judgement | undefined;
    let current = actor;
    for (let triesLeft = judgements; triesLeft >= 0; triesLeft -= 1) {
      const outcome = await this.database.transaction(async (tx) => {
        // in one packet, and in this order: what the second one sees is not older than the lock
        const [task, first] = await Promise.all([
          requireTask(tx, current, name, 'execute', { lock: true }),
          runStateOf(tx, name),
        ]);
        // a prefix may be unique only among what the actor may see
        const state = first?.id === task.id ? first : await runStateOf(tx, task.id);
        const command = commandOf(task);
        const isJudged =
          command === undefined ||
          (judgement?.command === command && isDeepStrictEqual(judgement.environment, task.environment)) ||
          (allowUnsafe !== true && this.safety.isKnownAsSafe(command, task.environment));
        return isJudged ? work(tx, task, state!) : { command, environment: task.environment };
      });
      if (typeof outcome === 'function') return outcome();
      judgement = outcome;
      await this.safety.refuseUnsafe(actor, judgement.command, allowUnsafe, judgement.environment);
      // judging takes its turn, and rights may have ended meanwhile
      current = await this.actors.confirm(actor, 'execute');
    }
    throw new AppError('VERSION_CONFLICT', { task_id: name });
  }
}

function commandOf(task: AccessibleTask): string | undefined {
  return task.command ?? task.project_settings.command_template;
}

/** The task as its command sees it. */
function describe(task: AccessibleTask): Record<string, string> {
  return {
    TASK_ID: task.id,
    TASK_REF: `${task.key}-${task.number}`,
    TASK_TITLE: task.title,
    TASK_DESCRIPTION: cut(task.description),
    TASK_PRIORITY: String(task.priority),
    TASK_TAGS: task.tags.join(','),
    TASK_ESTIMATED_DURATION: formatDuration(task.estimated_duration) ?? '',
    PROJECT_ID: task.project_id,
    PROJECT_KEY: task.key,
  };
}

/** The kernel takes 128 KiB for one variable and its name, and would start no command with more. */
const longestVariable = 127 * 1024;

/** The beginning of a text, as many whole characters of it as a variable holds. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= longestVariable) return text;
  return new TextDecoder().decode(bytes.subarray(0, longestVariable), { stream: true });
}
