import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import { newId } from '../common/ids.js';
import { may, type Actor } from '../common/permissions.js';
import { Database } from '../infra/database.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { Maintenance } from '../infra/maintenance.js';
import type { BatchedRun, WantedRun } from '../tasks/batched-run.js';
import { TaskBatchService } from '../tasks/task-batch.service.js';
import type { FiringSchedule } from './occurrences.queries.js';
import { ScheduleActivity } from './schedule-activity.js';
import { decideMany } from './schedule-batch.queries.js';
import { ScheduleClock } from './schedule-clock.js';
import { graceMs, occurrenceWaiting, taskRunning } from './schedule-firing.js';
import { planAfter, zoneOf } from './schedule-plan.js';
import { newTaskOf } from './schedule-runs.js';

/** How many schedules are looked at without letting the event loop turn: a template takes about 0.1 ms. */
const lookedAtOnce = 25;

/**
 * As for a single run, what a crash of Postgres loses was not started. To plan the statements anew for each batch would take longer than to
 * store it, and a plan that goes through a table would be kept when the table has grown.
 */
const settings = `SELECT set_config('synchronous_commit', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
  set_config('enable_seqscan', 'off', true)`;

/** A schedule whose time has come. */
type DueSchedule = FiringSchedule & { next_at: Date; due_at: Date };

/** What is to become of the time of a schedule: the run that it starts, or the reason why it is skipped. */
interface Outcome {
  schedule: DueSchedule;
  outcome: BatchedRun | string;
}

/**
 * Decides the times of many schedules in one transaction. It takes the usual ones: those whose time has just come, and whose run is stored with
 * nothing besides, or is skipped since the last one goes on. `ScheduleFiring` decides each of the others, and those that were changed
 * meanwhile.
 */
@Injectable()
export class ScheduleBatch {
  constructor(
    private readonly database: Database,
    private readonly tasks: TaskBatchService,
    private readonly actors: Actors,
    private readonly maintenance: Maintenance,
    private readonly activity: ScheduleActivity,
    private readonly clock: ScheduleClock,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Decides the usual ones among schedules that this process has claimed.
   * @returns those that are to be decided one by one
   */
  async fire(due: readonly FiringSchedule[]): Promise<FiringSchedule[]> {
    try {
      if (await this.maintenance.current()) return [...due];
      const outcomes = await this.outcomes(due);
      if (outcomes.length === 0) return [...due];
      const decided = await this.store(outcomes);
      return due.filter(({ id }) => !decided.has(id));
    } catch (error) {
      const level = isDatabaseAway(error) ? 'debug' : 'warn';
      this.infrastructure.logger[level]({ err: error }, 'schedules could not be decided together');
      return [...due];
    }
  }

  /** Readies what takes long the first time, once there is a schedule. */
  warmUp(): void {
    this.tasks.warmUp();
  }

  private async outcomes(due: readonly FiringSchedule[]): Promise<Outcome[]> {
    const now = this.clock.now();
    await this.actors.prefetchMakers(due.map(({ created_by }) => created_by));
    const outcomes: Outcome[] = [];
    const wanted: { schedule: DueSchedule; run: WantedRun }[] = [];
    for (const [index, schedule] of due.entries()) {
      if (index % lookedAtOnce === 0) await nextTurn();
      if (!isUsual(schedule, now)) continue;
      const reason = reasonToSkip(schedule);
      const actor = await this.makerOf(schedule);
      const run = reason === undefined && actor ? wantedRun(schedule, actor) : undefined;
      if (reason !== undefined) outcomes.push({ schedule, outcome: reason });
      else if (run) wanted.push({ schedule, run });
    }
    const prepared = await this.tasks.prepare(wanted.map(({ run }) => run));
    for (const [index, { schedule }] of wanted.entries()) {
      const run = prepared[index];
      const outcome = run === 'active' && schedule.overlap === 'skip' ? taskRunning : run;
      if (outcome !== undefined && outcome !== 'active') outcomes.push({ schedule, outcome });
    }
    return outcomes;
  }

  /** The maker, unless he may not run anything, which is for `ScheduleFiring` to explain. */
  private async makerOf({ created_by, project_id }: FiringSchedule): Promise<Actor | undefined> {
    const maker = await this.actors.ofMaker(created_by, project_id).catch(() => undefined);
    return maker && may(maker, 'execute') ? maker : undefined;
  }

  /** @returns the ids of the schedules whose time was decided */
  private async store(outcomes: readonly Outcome[]): Promise<Set<string>> {
    const decisions = outcomes.map(({ schedule, outcome }) => {
      const run = typeof outcome === 'string' ? undefined : outcome;
      return {
        id: run?.execution.id ?? newId(),
        schedule_id: schedule.id,
        version: schedule.version,
        scheduled_for: schedule.next_at,
        ...planAfter(schedule, schedule.planned_zone, schedule.next_at.getTime()),
        status: run ? ('fired' as const) : ('skipped' as const),
        reason: typeof outcome === 'string' ? outcome : null,
        project_id: run?.execution.project_id ?? null,
        task_id: run?.execution.task_id ?? null,
        task_version: run?.taskVersion ?? null,
      };
    });
    const ids = await this.database.transaction((tx) => {
      void tx.query(settings);
      const decided = tx.withCommit(() => decideMany(tx, decisions));
      this.tasks.store(
        tx,
        outcomes.flatMap(({ outcome }) => (typeof outcome === 'string' ? [] : outcome)),
      );
      this.activity.decided(
        tx,
        decisions.map(({ id, scheduled_for, task_id, reason }, index) => ({
          id,
          schedule: outcomes[index]!.schedule,
          scheduledFor: scheduled_for,
          run: task_id === null ? null : { scheduled_for, task_id, execution_id: id },
          reason: reason ?? '',
        })),
      );
      return () => decided;
    });
    const chosen = new Set(await ids());
    return new Set(decisions.filter(({ id }) => chosen.has(id)).map(({ schedule_id }) => schedule_id));
  }
}

/** Whether a time has just come, and is as it was planned. */
function isUsual(schedule: FiringSchedule, now: number): schedule is DueSchedule {
  const { next_at, due_at, planned_zone, disable_after_failures: most, sealed_inputs } = schedule;
  return (
    next_at !== null &&
    due_at !== null &&
    now - due_at.getTime() <= graceMs &&
    planned_zone === zoneOf(schedule, schedule.project_zone ?? undefined) &&
    (most === null || schedule.failures < most) &&
    sealed_inputs === null &&
    (schedule.overlap !== 'replace' || !schedule.is_waiting)
  );
}

/** Why a time is skipped whatever its run would be; see `ScheduleFiring`. */
function reasonToSkip(schedule: FiringSchedule): string | undefined {
  if (schedule.overlap === 'allow') return undefined;
  if (schedule.is_waiting) return occurrenceWaiting;
  const isRunning = schedule.template !== null && schedule.active_execution_id !== null;
  return isRunning && schedule.overlap === 'skip' ? taskRunning : undefined;
}

/** The run of a schedule; undefined when there can be none, or none together with others. */
function wantedRun(schedule: DueSchedule, actor: Actor): WantedRun | undefined {
  try {
    return runOf(schedule, actor);
  } catch {
    // a template of an earlier version that is none any more; `ScheduleFiring` says so
    return undefined;
  }
}

function runOf(schedule: DueSchedule, actor: Actor): WantedRun | undefined {
  const { template, task_id, project_id: projectId, priority, inputs, concurrency } = schedule;
  if (template !== null && schedule.active_execution_id !== null && schedule.overlap !== 'allow')
    return undefined;
  if (template === null && task_id === null) return undefined;
  const target =
    template === null ? { taskId: task_id! } : { body: newTaskOf(schedule, template, schedule.next_at) };
  const origin = { type: 'schedule', id: schedule.id } as const;
  return {
    actor,
    projectId,
    target,
    priority,
    inputs,
    origin,
    ...(concurrency === null ? {} : { concurrency }),
  };
}
