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
import { occurrenceWaiting, taskRunning } from './schedule-firing.js';
import { isOfDowntime } from './schedule-lateness.js';
import { planAfter, zoneOf, type Plan } from './schedule-plan.js';
import { ScheduleRateLimit, tooMany } from './schedule-rate-limit.js';
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

/** A time that has come, and what is planned after it. */
interface DueTime {
  schedule: DueSchedule;
  plan: Plan;
}

/** What is to become of the time of a schedule: the run that it starts, or the reason why it is skipped. */
interface Outcome extends DueTime {
  outcome: BatchedRun | string;
}

/**
 * Decides the times of many schedules in one transaction. It takes the usual ones: those whose time has just come, and whose run is stored with
 * nothing besides, or is skipped since the last one goes on or since its account has too many. `ScheduleFiring` decides each of the others, and those that were changed
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
    private readonly limit: ScheduleRateLimit,
    private readonly clock: ScheduleClock,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Decides the usual ones among schedules that this process has claimed.
   * @returns those that are to be decided one by one
   */
  async fire(due: readonly FiringSchedule[]): Promise<FiringSchedule[]> {
    try {
      const now = this.clock.now();
      const times = await this.timesOf(due, now);
      const refused = await this.refused(times, now);
      const isRefused = new Set(refused.map(({ schedule }) => schedule));
      const others = times.filter(({ schedule }) => !isRefused.has(schedule));
      const outcomes = [
        ...refused,
        ...((await this.maintenance.current()) ? [] : await this.outcomes(others)),
      ];
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

  /** The times that have come as they were planned, and those after them. */
  private async timesOf(due: readonly FiringSchedule[], now: number): Promise<DueTime[]> {
    const times: DueTime[] = [];
    for (const [index, schedule] of due.entries()) {
      if (index % lookedAtOnce === 0) await nextTurn();
      if (isAsPlanned(schedule, now))
        times.push({
          schedule,
          plan: planAfter(schedule, schedule.planned_zone, schedule.next_at.getTime()),
        });
    }
    return times;
  }

  /**
   * Skips the times that are too many of their accounts. The next one of such a schedule is planned for when the account may have others:
   * a time of each second is not skipped anew each second.
   */
  private async refused(times: readonly DueTime[], now: number): Promise<Outcome[]> {
    const waits = await this.limit.count(times);
    return times.flatMap(({ schedule }) => {
      const waitMs = waits.get(schedule.id);
      if (waitMs === undefined) return [];
      const after = Math.max(schedule.next_at.getTime(), now + waitMs);
      return { schedule, plan: planAfter(schedule, schedule.planned_zone, after), outcome: tooMany };
    });
  }

  private async outcomes(times: readonly DueTime[]): Promise<Outcome[]> {
    await this.actors.prefetchMakers(times.map(({ schedule }) => schedule.created_by));
    const outcomes: Outcome[] = [];
    const wanted: (DueTime & { run: WantedRun })[] = [];
    for (const [index, time] of times.entries()) {
      if (index % lookedAtOnce === 0) await nextTurn();
      const { schedule } = time;
      if (!isUsual(schedule)) continue;
      const reason = reasonToSkip(schedule);
      const actor = await this.makerOf(schedule);
      const run = reason === undefined && actor ? wantedRun(schedule, actor) : undefined;
      if (reason !== undefined) outcomes.push({ ...time, outcome: reason });
      else if (run) wanted.push({ ...time, run });
    }
    const prepared = await this.tasks.prepare(wanted.map(({ run }) => run));
    for (const [index, { schedule, plan }] of wanted.entries()) {
      const run = prepared[index];
      const outcome = run === 'active' && schedule.overlap === 'skip' ? taskRunning : run;
      if (outcome !== undefined && outcome !== 'active') outcomes.push({ schedule, plan, outcome });
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
    const decisions = outcomes.map(({ schedule, plan, outcome }) => {
      const run = typeof outcome === 'string' ? undefined : outcome;
      return {
        id: run?.execution.id ?? newId(),
        schedule_id: schedule.id,
        version: schedule.version,
        scheduled_for: schedule.next_at,
        ...plan,
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

/** Whether a time has come that is as it was planned, and not one of a downtime. */
function isAsPlanned(schedule: FiringSchedule, now: number): schedule is DueSchedule {
  const { next_at, due_at, planned_zone } = schedule;
  return (
    next_at !== null &&
    due_at !== null &&
    !isOfDowntime(schedule, now) &&
    planned_zone === zoneOf(schedule, schedule.project_zone ?? undefined)
  );
}

/** Whether a run of a schedule is stored with nothing besides. */
function isUsual(schedule: FiringSchedule): boolean {
  const { disable_after_failures: most, sealed_inputs } = schedule;
  return (
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
