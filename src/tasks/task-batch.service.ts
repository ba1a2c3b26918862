import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ActivityLog } from '../activity/activity-log.js';
import { SafetyChecks } from '../command-safety/safety-checks.js';
import { AppError } from '../common/errors.js';
import { groupBy } from '../common/group-by.js';
import { newId } from '../common/ids.js';
import { accountOf } from '../common/permissions.js';
import { QueueLimit } from '../executions/admission/queue-limit.js';
import { refuseLongTimeout } from '../executions/project-rules.js';
import { ExecutionBatches } from '../executions/transitions/execution-batches.js';
import { Database, type Transaction } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { canSee } from '../projects/projects.queries.js';
import { candidateFor, Unusual, type BatchedRun, type Candidate, type WantedRun } from './batched-run.js';
import {
  insertChosenTasks,
  labelsAsSpelled,
  projectsToRunIn,
  tasksToRun,
  type BatchedTask,
} from './task-batch.queries.js';
import { TaskNumbers } from './task-numbers.js';
import { refOf } from './task-ref.js';
import { newRun } from './task-run.js';
import { stateOfNew } from './task-state.js';

/** How many runs are looked at without letting the event loop turn: each takes about 0.1 ms. */
const lookedAtOnce = 25;
/**
 * For how long verdicts on commands are waited for. Nearly all take less than a millisecond; what takes longer is run by itself, and other runs
 * of who has sent it are not waited for again.
 */
const verdictMs = 500;
/**
 * A project must have room for this many new tasks more, and for that many times what a batch makes in it: so its limit holds as long as
 * fewer batches are stored at the same time, and the tasks that are created one by one meanwhile are fewer than `nearLimit` there.
 */
const roomBeside = 100;
const roomFactor = 10;
/** What a new task takes besides its texts, at most, in bytes. */
const taskOverhead = 2_048;

/**
 * Queues many runs in one transaction, with a statement for all where `TaskExecutionService` has one for each: 0.5 ms of processor time a
 * run in place of 12. Only usual runs are stored so; each of the others is for `TaskExecutionService`, which also says why it is refused.
 */
@Injectable()
export class TaskBatchService {
  private isWarm: Promise<unknown> | undefined;

  constructor(
    private readonly database: Database,
    private readonly executions: ExecutionBatches,
    private readonly numbers: TaskNumbers,
    private readonly safety: SafetyChecks,
    private readonly limit: QueueLimit,
    private readonly activity: ActivityLog,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Finds which runs can be stored together, without any lock.
   * @returns in the order of the runs; `active` when a run of the task is queued or running, undefined for one that is refused for another
   * reason or unusual, and for a second run of one task
   */
  async prepare(wanted: readonly WantedRun[]): Promise<(BatchedRun | 'active' | undefined)[]> {
    const { candidates, active } = await this.candidates(wanted);
    await this.keepSafe(candidates);
    await this.keepWithinLimits(candidates);
    await this.keepSeenAssignees(candidates);
    const made = [...candidates.values()].filter(({ taskVersion }) => taskVersion === null);
    await this.numberAndLabel(made);
    const runs: (BatchedRun | 'active' | undefined)[] = [];
    for (const [index, wish] of wanted.entries()) {
      if (index % lookedAtOnce === 0) await nextTurn();
      const candidate = candidates.get(wish);
      const run = candidate && unlessRefused(() => this.runOf(candidate));
      runs.push(active.has(wish) ? 'active' : run);
    }
    return runs;
  }

  /**
   * Stores the runs whose id a statement before in the packet of the commit has chosen (see `chosen-rows.ts`), with their new tasks. That the
   * tasks which are there have still the same version, and that their projects are neither archived nor deleted, is for that statement to see.
   */
  store(tx: Transaction, runs: readonly BatchedRun[]): void {
    const made = runs.flatMap(({ newTask }) => newTask ?? []);
    if (made.length > 0) void tx.withCommit(() => insertChosenTasks(tx, made));
    this.activity.recordChosen(
      tx,
      runs.flatMap(({ actor, execution, newTask: task }) => {
        if (task === null) return [];
        const { id, project_id, ref, title, status, priority, progress_percentage } = task;
        const data = { task_id: id, project_id, ref, title, status, priority };
        return [
          {
            partOf: execution.id,
            actor,
            entityType: 'task' as const,
            entityId: id,
            projectId: project_id,
            action: 'created',
            newValue: { title, status, priority, ref },
            event: { name: 'task.created' as const, data },
            task: { status, progress_percentage },
          },
        ];
      }),
    );
    this.executions.enqueueChosen(
      tx,
      runs.map(({ execution }) => execution),
    );
  }

  /** Starts the thread that gives verdicts on commands, unless it runs. */
  warmUp(): void {
    this.isWarm ??= this.safety.analyse('', 'true', 'run').catch(() => undefined);
  }

  private async candidates(
    wanted: readonly WantedRun[],
  ): Promise<{ candidates: Map<WantedRun, Candidate>; active: Set<WantedRun> }> {
    const pairs = new Map(
      wanted.map(({ actor, projectId }) => [
        `${actor.id} ${projectId}`,
        { userId: actor.id, isAdministrator: actor.role === 'admin', projectId },
      ]),
    );
    const ids = wanted.flatMap(({ target }) => ('taskId' in target ? [target.taskId] : []));
    const [projects, tasks] = await Promise.all([
      projectsToRunIn(this.database, [...pairs.values()]),
      ids.length > 0 ? tasksToRun(this.database, ids) : [],
    ]);
    const projectOf = new Map(projects.map((project) => [`${project.user_id} ${project.id}`, project]));
    const taskOf = new Map(tasks.map((task) => [task.id, task]));
    const candidates = new Map<WantedRun, Candidate>();
    const active = new Set<WantedRun>();
    for (const [index, run] of wanted.entries()) {
      if (index % lookedAtOnce === 0) await nextTurn();
      const project = projectOf.get(`${run.actor.id} ${run.projectId}`);
      const candidate = project && unlessRefused(() => candidateFor(run, project, taskOf));
      if (candidate === 'active') active.add(run);
      if (candidate === undefined || candidate === 'active') continue;
      candidates.set(run, candidate);
      // a task runs once at a time
      if (candidate.taskVersion !== null) taskOf.delete(candidate.task.id);
    }
    return { candidates, active };
  }

  /** Leaves those out whose command is not known as safe before long. */
  private async keepSafe(candidates: Map<WantedRun, Candidate>): Promise<void> {
    const unknown = [...candidates].filter(
      ([, { checked }]) => !this.safety.isKnownAsSafe(checked.command, checked),
    );
    // nobody waits for the commands of who has sent ones that take long
    for (const [run] of unknown) if (this.safety.isSlow(accountOf(run.actor))) candidates.delete(run);
    if (unknown.length === 0) return;
    const timeout = new AbortController();
    const late = delay(verdictMs, false, { signal: timeout.signal }).catch(() => false);
    await Promise.all(
      unknown.map(async ([run, { checked }]) => {
        if (!candidates.has(run)) return;
        const verdict = this.safety.analyse(accountOf(run.actor), checked.command, 'run', checked);
        const isSafe = verdict.then(
          ({ safe }) => safe,
          () => false,
        );
        if (!(await Promise.race([isSafe, late]))) candidates.delete(run);
      }),
    );
    timeout.abort();
  }

  /** Leaves those out for which a queue, or a project that is to have a new task, may have no room. */
  private async keepWithinLimits(candidates: Map<WantedRun, Candidate>): Promise<void> {
    const ofUser = groupBy([...candidates], ([run]) => run.actor.id);
    for (const [userId, runs] of ofUser) {
      if (await this.limit.hasRoom(this.database, userId, runs.length)) continue;
      for (const [run] of runs) candidates.delete(run);
    }
    const ofProject = groupBy(
      [...candidates].filter(([, { taskVersion }]) => taskVersion === null),
      ([run]) => run.projectId,
    );
    for (const made of ofProject.values()) {
      const { tasks, task_bytes_left, resource_limits } = made[0]![1].project;
      const bytes = made.reduce(
        (sum, [run]) => sum + JSON.stringify(run.target).length * 3 + taskOverhead,
        0,
      );
      const isRoomy =
        tasks + roomBeside + made.length * roomFactor <= resource_limits.max_tasks &&
        bytes * roomFactor <= task_bytes_left;
      if (!isRoomy) for (const [run] of made) candidates.delete(run);
    }
  }

  /** Leaves those out whose new task would have an assignee who cannot see it. */
  private async keepSeenAssignees(candidates: Map<WantedRun, Candidate>): Promise<void> {
    const seen = new Map<string, boolean>();
    for (const [run] of candidates) {
      const assignee = 'body' in run.target ? run.target.body.assigned_to : null;
      if (assignee === null) continue;
      const pair = `${assignee} ${run.projectId}`;
      if (!seen.has(pair)) seen.set(pair, (await canSee(this.database, assignee, run.projectId)) === true);
      if (!seen.get(pair)) candidates.delete(run);
    }
  }

  private async numberAndLabel(made: readonly Candidate[]): Promise<void> {
    if (made.length === 0) return;
    const ofProject = groupBy(made, ({ project }) => project.id);
    const counts = new Map([...ofProject].map(([id, { length }]) => [id, length]));
    const labelled = made.filter(({ task }) => task.tags.length > 0);
    const [first, labels] = await Promise.all([
      this.numbers.reserveMany(counts),
      labelsAsSpelled(
        this.database,
        labelled.map(({ project, task, wanted }) => ({
          project_id: project.id,
          user_id: wanted.actor.id,
          tags: task.tags,
        })),
      ),
    ]);
    for (const [id, candidates] of ofProject)
      for (const [index, { task }] of candidates.entries()) task.number = first.get(id)! + index;
    for (const [index, { task }] of labelled.entries()) task.tags = labels[index]!;
  }

  private runOf({ wanted, project, task, taskVersion, inputs, concurrency }: Candidate): BatchedRun {
    const { actor, priority, origin, target } = wanted;
    const { config } = this.infrastructure;
    const { execution } = newRun(
      actor,
      task,
      project,
      { priority, options: {}, inputs, origin, concurrency },
      config,
    );
    const id = newId();
    const stored = { ...execution, id, task_id: task.id, project_id: project.id };
    if (!('body' in target)) return { actor, execution: stored, taskVersion, newTask: null };
    refuseLongTimeout(target.body.timeout, config.COMMAND_TIMEOUT_MAX_SECONDS);
    const { dependencies: _, draft: __, ...fields } = target.body;
    const newTask: BatchedTask & { ref: string } = {
      ...fields,
      ...stateOfNew(target.body),
      id: task.id,
      number: task.number,
      ref: refOf(task),
      tags: task.tags,
      parent_id: null,
      is_draft: false,
      assigned_to: fields.assigned_to ?? (project.settings.auto_assign === true ? actor.id : null),
      created_by: actor.id,
      part_of: id,
    };
    return { actor, execution: stored, taskVersion, newTask };
  }
}

/** Does what may find that a run is refused or unusual. @returns undefined then */
function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof AppError || error instanceof Unusual) return undefined;
    throw error;
  }
}
