import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import type { Actor } from '../common/permissions.js';
import { checkGroupInputs, type Concurrency } from '../executions/concurrency.js';
import { checkedVariables, checkInputs, type CheckedInputs } from '../executions/inputs/check-inputs.js';
import type { InputValues } from '../executions/inputs/input-declarations.js';
import type { NewExecution } from '../executions/transitions/new-executions.queries.js';
import { checkPermission } from '../projects/project-access.js';
import type { CheckedCommand, RunStart } from './run-start.js';
import type { BatchedTask, ProjectToRunIn, TaskToRun } from './task-batch.queries.js';
import { commandOf, shellOf, type RunnableTask } from './task-command.js';
import type { ExecuteTask } from './task-execution.schema.js';
import { refuseUnfit } from './task-run.js';
import { stateOfNew } from './task-state.js';
import type { CreateTask } from './tasks.schema.js';

/** A run that is wanted together with many others: of a task, or of a new one. */
export interface WantedRun extends Required<Pick<RunStart, 'origin'>> {
  actor: Actor;
  projectId: string;
  /** The task, or the body of the one that is made for the run. */
  target: { taskId: string } | { body: CreateTask };
  priority: ExecuteTask['priority'];
  inputs: InputValues;
  /** The concurrency group in place of the task's; absent for that of the task. */
  concurrency?: Concurrency;
}

/** A run that can be stored together with others. */
export interface BatchedRun {
  actor: Actor;
  execution: NewExecution & { task_id: string; project_id: string };
  /** The version that the task must still have; null for a new task. */
  taskVersion: number | null;
  newTask: (BatchedTask & { ref: string }) | null;
}

/** A run that nothing is known to keep from being stored together with others. */
export interface Candidate {
  wanted: WantedRun;
  project: ProjectToRunIn;
  task: RunnableTask;
  taskVersion: number | null;
  inputs: CheckedInputs;
  concurrency: Concurrency | null;
  checked: CheckedCommand;
}

/**
 * Thrown for a run that is allowed and takes more than a batch does: a secret or a pattern, a parent, a
 * dependency, a group that makes room.
 */
export class Unusual extends Error {}

/**
 * Finds whether a run can be stored together with others.
 * @returns `active` when a run of the task is queued or running
 * @throws Unusual; AppError when the run is refused
 */
export function candidateFor(
  wanted: WantedRun,
  project: ProjectToRunIn,
  tasks: ReadonlyMap<string, TaskToRun>,
): Candidate | 'active' {
  const { access, status } = project;
  if (access === null) throw new AppError('PROJECT_NOT_FOUND', { project_id: project.id });
  checkPermission({ id: project.id, status, access }, 'execute');
  const ofProject = { key: project.key, ref_digits: project.ref_digits, project_settings: project.settings };
  let task: RunnableTask;
  let taskVersion: number | null = null;
  if ('body' in wanted.target) {
    task = { ...taskOfBody(wanted.target.body), ...ofProject };
  } else {
    const found = tasks.get(wanted.target.taskId);
    if (!found || found.project_id !== project.id || found.is_draft || found.claim_id !== null)
      throw new Unusual();
    if (found.active !== null) return 'active';
    task = { ...found, ...ofProject };
    refuseUnfit(task, found);
    taskVersion = found.version;
  }
  const concurrency = wanted.concurrency ?? task.concurrency;
  if (concurrency !== null && concurrency.on_conflict !== 'queue') throw new Unusual();
  // to compare them may take 50 ms a run, in which nothing else is done
  if (task.inputs.some(({ pattern }) => pattern !== null)) throw new Unusual();
  const inputs = checkInputs(task.inputs, wanted.inputs);
  if (Object.keys(inputs.secrets).length > 0) throw new Unusual();
  const command = commandOf(task);
  if (command === undefined) throw new AppError('TASK_NOT_EXECUTABLE', { task_id: task.id });
  const environment = { ...task.environment, ...checkedVariables(inputs) };
  const checked = { command, shell: shellOf(task), environment };
  return { wanted, project, task, taskVersion, inputs, concurrency, checked };
}

/** The task that a body makes, without its number, and with its labels as they were sent. */
function taskOfBody(body: CreateTask): Omit<RunnableTask, 'key' | 'ref_digits' | 'project_settings'> {
  if (body.parent_id !== null || body.dependencies.length > 0 || body.draft || body.external_ref !== null)
    throw new Unusual();
  checkGroupInputs(body.concurrency, body.inputs);
  return { ...body, ...stateOfNew(body), id: newId(), number: 0, is_draft: false, archived_at: null };
}
