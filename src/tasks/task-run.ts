import type { Config } from '../common/config.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { resolveConcurrency, type Concurrency } from '../executions/concurrency.js';
import { queueOf } from '../executions/executions.schema.js';
import type { CheckedInputs } from '../executions/inputs/check-inputs.js';
import { allowedTimeout, refuseFullStorage, runRules } from '../executions/project-rules.js';
import { usualExecution, type NewExecution } from '../executions/transitions/new-executions.queries.js';
import type { RunStart } from './run-start.js';
import { commandOf, shellOf, taskVariables, type RunnableTask } from './task-command.js';
import type { ExecuteTask } from './task-execution.schema.js';
import type { RunState } from './tasks.queries.js';

/** @throws TASK_ALREADY_RUNNING when a run of the task is queued or running */
export function refuseActive(task: Pick<RunnableTask, 'id'>, { active }: Pick<RunState, 'active'>): void {
  if (active !== null) throw new AppError('TASK_ALREADY_RUNNING', { task_id: task.id, execution_id: active });
}

/**
 * Refuses a run of a task that is in no state for it. A run may wait for a dependency that is queued or running, but not for one that nobody
 * has started.
 * @throws TASK_ARCHIVED, TASK_IS_DRAFT, TASK_NOT_EXECUTABLE, TASK_DEPENDENCY_NOT_MET
 */
export function refuseUnfit(
  task: RunnableTask,
  { unmet_count, unmet_dependencies }: Pick<RunState, 'unmet_count' | 'unmet_dependencies'>,
): void {
  if (task.archived_at !== null) throw new AppError('TASK_ARCHIVED', { task_id: task.id });
  if (task.is_draft) throw new AppError('TASK_IS_DRAFT', { task_id: task.id });
  if (commandOf(task) === undefined) throw new AppError('TASK_NOT_EXECUTABLE', { task_id: task.id });
  if (unmet_count > 0) {
    const dependencies = unmet_dependencies ?? [];
    throw new AppError('TASK_DEPENDENCY_NOT_MET', { task_id: task.id, dependencies });
  }
}

/** What a run is requested with. */
export type RunRequest = Omit<ExecuteTask, 'inputs'> &
  Pick<RunStart, 'origin'> & {
    inputs: CheckedInputs;
    /** The group that it belongs to; null for none. */
    concurrency: Concurrency | null;
  };

/**
 * Derives a first run of a task from its request, its task and its project.
 * @returns also the concurrency group, with its name resolved, which the caller makes room in
 * @throws VALIDATION_ERROR for the timeout and the group, PROJECT_LIMIT_EXCEEDED when the output of the project has reached its limit
 */
export function newRun(
  actor: Actor,
  task: RunnableTask,
  state: Pick<RunState, 'resource_limits' | 'stored_bytes'>,
  { options, inputs, priority, origin, concurrency }: RunRequest,
  config: Config,
): { execution: Omit<NewExecution, 'id'>; group: Concurrency | null } {
  const project = {
    resource_limits: state.resource_limits,
    id: task.project_id,
    settings: task.project_settings,
  };
  const timeout = allowedTimeout(options.timeout ?? task.timeout, config);
  refuseFullStorage(project, Number(state.stored_bytes), config.MAX_USER_STORAGE);
  const group = resolveConcurrency(concurrency, task, inputs.values);
  const limits = { ...task.limits, ...options.limits };
  const execution = {
    ...usualExecution,
    ...runRules(project, limits, config.MAX_RUN_LIMITS, task.runs_on),
    task_id: task.id,
    project_id: task.project_id,
    session_id: actor.sessionId ?? null,
    requested_by: actor.id,
    queue: queueOf(priority),
    command: commandOf(task)!,
    shell: shellOf(task),
    working_directory: task.working_directory ?? '',
    environment: { ...taskVariables(task), ...task.environment },
    timeout,
    retries_left: options.retry_attempts ?? task.retry_attempts,
    final_exit_codes: options.final_exit_codes ?? task.final_exit_codes,
    concurrency_group: group?.group ?? null,
    concurrency_limit: group?.limit ?? null,
    artifacts: task.artifacts,
    inputs: inputs.values,
    ...(origin ? { origin_type: origin.type, origin_id: origin.id } : {}),
  };
  return { execution, group };
}
