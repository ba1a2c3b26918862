import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { ExecutionLifecycle } from '../executions/transitions/execution-lifecycle.js';
import type { Execution } from '../executions/execution.entity.js';
import { checkedVariables, checkInputs } from '../executions/inputs/check-inputs.js';
import { PatternMatches } from '../executions/inputs/input-pattern.js';
import { RunInputs } from '../executions/inputs/run-inputs.js';
import {
  queueOf,
  shownStatus,
  toListedExecution,
  type ExecutionListQuery,
} from '../executions/executions.schema.js';
import { ExecutionsService } from '../executions/executions.service.js';
import { resolveConcurrency } from '../executions/concurrency.js';
import { RunConflicts } from '../executions/admission/run-conflicts.js';
import { SafetyChecks } from '../command-safety/safety-checks.js';
import { allowedTimeout, refuseFullStorage, runRules } from '../executions/project-rules.js';
import { noEstimate, StartEstimate } from '../executions/admission/start-estimate.js';
import { Database, type Transaction } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import type {
  CancelledTask,
  ExecuteTask,
  QueuedTask,
  RetriedTask,
  RetryTask,
  TaskExecutions,
} from './task-execution.schema.js';
import { refuseClaimed } from './task-claims.queries.js';
import { commandOf, lastRunOf, refuseForeignInputs, shellOf, taskVariables } from './task-command.js';
import {
  Unchecked,
  type CheckedCommand,
  type CheckedWork,
  type Enqueued,
  type RunStart,
} from './run-start.js';
import { requireTask, runStateOf, type AccessibleTask, type RunState } from './tasks.queries.js';

/** How often a command is checked at most, when it changes between its check and its start. */
const maxChecks = 3;

@Injectable()
export class TaskExecutionService {
  constructor(
    private readonly database: Database,
    private readonly lifecycle: ExecutionLifecycle,
    private readonly executions: ExecutionsService,
    private readonly estimate: StartEstimate,
    private readonly conflicts: RunConflicts,
    private readonly safety: SafetyChecks,
    private readonly actors: Actors,
    private readonly inputs: RunInputs,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Queues a run of a task's command, or of its project's template.
   * @param name the task, unless `start` makes it
   * @throws TASK_NOT_FOUND, TASK_ALREADY_RUNNING, TASK_ALREADY_CLAIMED by somebody else, TASK_ARCHIVED, TASK_IS_DRAFT, TASK_NOT_EXECUTABLE, TASK_DEPENDENCY_NOT_MET when a task it depends on is neither
   * completed, queued nor running, COMMAND_UNSAFE, PROJECT_ACCESS_DENIED, PROJECT_ARCHIVED, QUEUE_FULL, RESOURCE_LIMIT_EXCEEDED,
   * VALIDATION_ERROR for its inputs and for the name of its group with them, SECRETS_UNPROTECTED, CONCURRENCY_SKIPPED when its group is
   * full and says so
   */
  async execute(actor: Actor, name: string, input: ExecuteTask, start: RunStart = {}): Promise<QueuedTask> {
    const matches = new PatternMatches();
    return this.withCheckedCommand(actor, name, {
      allowUnsafe: input.options.allow_unsafe,
      ...(start.isUnattended ? { isUnattended: true } : {}),
      ...(start.makeTask ? { makeTask: start.makeTask } : {}),
      inputs: async (_tx, task) => checkInputs(task.inputs, input.inputs, matches),
      enqueue: (tx, task, state, inputs) =>
        this.enqueue(tx, actor, task, state, { ...input, ...start, inputs }),
    });
  }

  /**
   * Runs a failed or cancelled task again, with the priority, timeout, limits, final exit codes and inputs of its last run.
   * @throws TASK_NOT_RETRYABLE and the errors of `execute`
   */
  async retry(actor: Actor, name: string, { inputs: sent }: RetryTask = {}): Promise<RetriedTask> {
    const matches = new PatternMatches();
    return this.withCheckedCommand(actor, name, {
      inputs: async (tx, task) => {
        const last = await lastRunOf(tx, task);
        if (!sent) refuseForeignInputs(task, last);
        const given = sent ?? (await this.inputs.ofLast(tx, task.inputs, last));
        return checkInputs(task.inputs, given, matches);
      },
      enqueue: async (tx, task, state, inputs) => {
        const last = await lastRunOf(tx, task);
        const again = {
          priority: (['high', 'normal', 'low'] as const)[last.queue] ?? 'normal',
          options: { timeout: last.timeout, limits: last.limits, final_exit_codes: last.final_exit_codes },
          inputs,
          // the message that started a run in another project is not shown in this one
          last: last.project_id === task.project_id ? last : { ...last, payload_id: null },
        };
        const queued = await this.enqueue(tx, actor, task, state, again);
        return async () => ({ ...(await queued()), retry_attempt: last.attempt + 1 });
      },
    });
  }

  /**
   * Stops a task that is queued or running.
   * @returns status `cancelled`, or `cancelling` when its processes are not gone after 10 s; `completed` or `failed` when it
   * ended by itself meanwhile
   * @throws TASK_NOT_RUNNING
   */
  async cancel(actor: Actor, name: string, reason: string | null): Promise<CancelledTask> {
    const task = await requireTask(this.database, actor, name, 'cancel');
    if (task.execution_id === null || (task.status !== 'queued' && task.status !== 'running')) {
      throw new AppError('TASK_NOT_RUNNING', { task_id: task.id, status: task.status });
    }
    const execution = await this.executions.cancel(actor, task.execution_id, reason);
    if (execution.status === 'failed') {
      // the attempt failed at the same moment and a retry has been queued, which is to be cancelled instead
      const now = await requireTask(this.database, actor, task.id, 'cancel');
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
   * Loads the current or last execution of a task, whose output is shown as the task's.
   * @throws TASK_NOT_FOUND, RESOURCE_NOT_FOUND when it was never run
   */
  async latest(actor: Actor, name: string): Promise<Execution> {
    const { id, execution_id } = await requireTask(this.database, actor, name, 'read');
    if (execution_id === null) {
      throw new AppError('RESOURCE_NOT_FOUND', { task_id: id }, { message: 'The task was never run' });
    }
    return this.executions.require(actor, execution_id, 'read');
  }

  /** Lists the executions of a task, the latest first. @throws TASK_NOT_FOUND, VALIDATION_INVALID_FORMAT for the cursor */
  async list(actor: Actor, name: string, query: ExecutionListQuery): Promise<TaskExecutions> {
    const task = await requireTask(this.database, actor, name, 'read');
    const { rows, next_cursor } = await this.executions.listOfTask(actor, task, query);
    return { task_id: task.id, executions: rows.map(toListedExecution), next_cursor };
  }

  /** Queues an execution of a locked task. @returns a function that builds the response, to call after the commit */
  private async enqueue(
    tx: Transaction,
    actor: Actor,
    task: AccessibleTask,
    state: RunState,
    {
      inputs,
      origin,
      payloadId,
      concurrency = task.concurrency,
      isUnattended,
      within,
      last,
      ...input
    }: Omit<Enqueued, 'makeTask'>,
  ): Promise<() => Promise<QueuedTask>> {
    if (state.active !== null) {
      throw new AppError('TASK_ALREADY_RUNNING', { task_id: task.id, execution_id: state.active });
    }
    await refuseClaimed(tx, task, actor.id);
    if (task.archived_at !== null) throw new AppError('TASK_ARCHIVED', { task_id: task.id });
    if (task.is_draft) throw new AppError('TASK_IS_DRAFT', { task_id: task.id });
    const command = commandOf(task);
    if (command === undefined) throw new AppError('TASK_NOT_EXECUTABLE', { task_id: task.id });
    // an execution may wait for a dependency that is queued or running, but not for one that nobody has started
    if (state.unmet_count > 0) {
      throw new AppError('TASK_DEPENDENCY_NOT_MET', {
        task_id: task.id,
        dependencies: state.unmet_dependencies ?? [],
      });
    }
    const { MAX_RUN_LIMITS, MAX_USER_STORAGE } = this.infrastructure.config;
    const timeout = allowedTimeout(input.options.timeout ?? task.timeout, this.infrastructure.config);
    const project = { ...state, id: task.project_id, settings: task.project_settings };
    refuseFullStorage(project, Number(state.stored_bytes), MAX_USER_STORAGE);
    const secret_inputs_id = await this.inputs.store(tx, task.project_id, inputs.secrets);
    const id = newId();
    const group = resolveConcurrency(concurrency, task, inputs.values);
    if (group) this.conflicts.settle(tx, actor, group, { id, projectId: task.project_id });
    await this.lifecycle.enqueue(tx, actor, {
      id,
      ...runRules(project, { ...task.limits, ...input.options.limits }, MAX_RUN_LIMITS, task.runs_on),
      task_id: task.id,
      project_id: task.project_id,
      session_id: actor.sessionId ?? null,
      requested_by: actor.id,
      queue: queueOf(input.priority),
      command,
      shell: shellOf(task),
      working_directory: task.working_directory ?? '',
      environment: { ...taskVariables(task), ...task.environment },
      timeout,
      retries_left: input.options.retry_attempts ?? task.retry_attempts,
      final_exit_codes: input.options.final_exit_codes ?? task.final_exit_codes,
      concurrency_group: group?.group ?? null,
      concurrency_limit: group?.limit ?? null,
      artifacts: task.artifacts,
      inputs: inputs.values,
      secret_inputs_id,
      ...(origin ? { origin_type: origin.type, origin_id: origin.id } : {}),
      payload_id: payloadId ?? last?.payload_id ?? null,
      ...(last ? { attempt: last.attempt + 1, retry_of: last.id } : {}),
    });
    await within?.(tx, id);
    const estimate = isUnattended ? async () => noEstimate : this.estimate.afterCommit(tx, id);
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
   * Does work on a locked task whose command has passed the safety check. A command whose verdict is not known yet is checked without any
   * lock, since that may take a while, and then the task is loaded and locked again.
   * @param work what is done: `inputs` reads and checks its inputs, and `enqueue` returns a function that builds the result, which is called
   * after the commit
   * @throws COMMAND_UNSAFE, VERSION_CONFLICT when the command changes faster than it can be checked
   */
  private async withCheckedCommand<T>(
    actor: Actor,
    name: string,
    { allowUnsafe, isUnattended, makeTask, ...work }: CheckedWork<T>,
  ): Promise<T> {
    let checked: CheckedCommand | undefined;
    let current = actor;
    for (let checksLeft = maxChecks; checksLeft >= 0; checksLeft -= 1) {
      const attempt = this.database.transaction(async (tx) => {
        // a run that a crash of Postgres loses was not started: to claim it writes to the WAL behind it, and flushes both
        if (isUnattended) void tx.query('SET LOCAL synchronous_commit = off');
        const ofTask = makeTask ? await makeTask(tx) : name;
        // sent in one packet and in this order, so that the second statement sees everything committed before the lock was granted
        const [task, first] = await Promise.all([
          requireTask(tx, current, ofTask, 'execute', { lock: true }),
          runStateOf(tx, ofTask),
        ]);
        // an id prefix may match tasks that the actor may not see, so the state read by the name can be that of another task
        const state = first?.id === task.id ? first : await runStateOf(tx, task.id);
        const command = commandOf(task);
        const inputs = await work.inputs(tx, task);
        if (command === undefined) return work.enqueue(tx, task, state!, inputs);
        const environment = { ...task.environment, ...checkedVariables(inputs) };
        const wanted = { command, shell: shellOf(task), environment };
        const isChecked =
          isDeepStrictEqual(checked, wanted) ||
          (allowUnsafe !== true && this.safety.isKnownAsSafe(command, wanted));
        if (!isChecked) throw new Unchecked(wanted);
        return work.enqueue(tx, task, state!, inputs);
      });
      const outcome = await attempt.catch(async (error: unknown) => {
        if (error instanceof Unchecked) return error.found;
        throw await this.conflicts.explain(current, error);
      });
      if (typeof outcome === 'function') return outcome();
      checked = outcome;
      await this.safety.refuseUnsafe(actor, checked.command, allowUnsafe, checked);
      // the check may have waited for its turn, and the actor may have lost the permission meanwhile
      current = await this.actors.confirm(actor, 'execute');
    }
    throw new AppError('VERSION_CONFLICT', { task_id: name });
  }
}
