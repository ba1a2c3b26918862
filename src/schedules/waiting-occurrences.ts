import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import { nilId } from '../common/ids.js';
import { ExecutionsService } from '../executions/executions.service.js';
import { Database } from '../infra/database.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { IntervalJob } from '../infra/interval-job.js';
import {
  decideWaiting,
  downtime,
  findFiring,
  firstWaiting,
  isDecided,
  schedulesWaiting,
  schedulesWaitingFor,
  skipWaiting,
  type FiringSchedule,
} from './occurrences.queries.js';
import { ScheduleActivity } from './schedule-activity.js';
import { isBusy, ScheduleRuns } from './schedule-runs.js';

/** How often waiting times are looked at whose end of a run nobody has heard of: a message may be lost. */
const everyMs = 5_000;
const mostAtOnce = 200;
/** For how long ends of runs are gathered, and how many at most; the job finds the others. */
const gatherMs = 20;
const mostGathered = 1_000;

/** Starts the times of schedules that wait for a run to end, one after the other. */
@Injectable()
export class WaitingOccurrences implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly job = new IntervalJob(() => this.sweep());
  private readonly served = new Set<string>();
  /** Whether any times were waiting when this process last looked: without any, ends of runs cost nothing. */
  private knowsAny = false;
  private place = nilId;
  private ended: { execution_id: string; task_id: string | null }[] = [];

  constructor(
    private readonly database: Database,
    private readonly runs: ScheduleRuns,
    private readonly executions: ExecutionsService,
    private readonly actors: Actors,
    private readonly activity: ScheduleActivity,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    if (this.infrastructure.role === 'worker') return;
    this.job.start(everyMs);
    this.events.on('execution.changed', ({ status, execution_id, task_id }) => {
      if (!this.knowsAny || status === 'queued' || status === 'running') return;
      if (this.ended.length >= mostGathered) return;
      if (this.ended.push({ execution_id, task_id }) === 1)
        setTimeout(() => void this.serveAfter(), gatherMs);
    });
  }

  onApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }

  /** Starts the first waiting time of a schedule, if nothing of it runs. An error is logged, and it is tried again. */
  async serve(id: string): Promise<void> {
    this.knowsAny = true;
    if (this.served.has(id) || this.infrastructure.draining) return;
    this.served.add(id);
    try {
      while (await this.serveFirst(id));
    } catch (error) {
      const level = isDatabaseAway(error) || isDecided(error) ? 'debug' : 'error';
      this.infrastructure.logger[level](
        { err: error, schedule_id: id },
        'a waiting time of a schedule could not be started',
      );
    } finally {
      this.served.delete(id);
    }
  }

  /** @returns whether another time may be started at once */
  private async serveFirst(id: string): Promise<boolean> {
    const schedule = await findFiring(this.database, id);
    if (!schedule?.is_waiting) return false;
    if (!schedule.enabled) {
      await skipWaiting(this.database, id, 'SCHEDULE_DISABLED');
      return false;
    }
    const first = await firstWaiting(this.database, id);
    if (!first) return false;
    const { scheduled_for } = first;
    const isBehind = schedule.active_execution_id !== null && schedule.template !== null;
    if (isBehind) return this.makeWay(schedule, first);
    try {
      await this.runs.startAsMaker(schedule, scheduled_for, (tx, run) => {
        void tx.withCommit(() =>
          decideWaiting(tx, id, { scheduled_for, status: 'fired', reason: null, ...run }),
        );
        this.activity.fired(tx, null, schedule, { scheduled_for, ...run });
      });
      return false;
    } catch (error) {
      if (isDecided(error) || isDatabaseAway(error)) throw error;
      if (isBusy(error)) return this.makeWay(schedule, first);
      const reason = await this.runs.reasonOf(error, schedule).catch((cause: unknown) => {
        this.infrastructure.logger.error(
          { err: cause, schedule_id: id },
          'a waiting time could not be started',
        );
        return 'INTERNAL_ERROR';
      });
      await this.database.transaction((tx) => {
        void tx.withCommit(() => decideWaiting(tx, id, { scheduled_for, status: 'skipped', reason }));
        this.activity.skipped(tx, schedule, scheduled_for, reason);
      });
      return true;
    }
  }

  /**
   * Cancels what runs, where the schedule replaces it. What is being cancelled already is only waited for, and the times of a downtime
   * run one after the other.
   */
  private async makeWay(
    schedule: FiringSchedule,
    { scheduled_for, reason }: { scheduled_for: Date; reason: string | null },
  ): Promise<false> {
    if (schedule.overlap !== 'replace' || reason === downtime) return false;
    const rows = await this.database.query<{ id: string }>(
      `SELECT e.id FROM executions e WHERE e.status IN ('queued', 'running') AND e.cancel_requested_at IS NULL
          AND e.id IN ($1, (SELECT t.execution_id FROM tasks t WHERE t.id = $2))
          -- while the time waits, what runs is not its own run, which another process may have just started
          AND EXISTS (SELECT 1 FROM schedule_occurrences o
                       WHERE o.schedule_id = $3 AND o.scheduled_for = $4 AND o.status = 'waiting')`,
      [schedule.active_execution_id, schedule.task_id, schedule.id, scheduled_for],
    );
    if (rows.length === 0) return false;
    const maker = await this.actors.ofMaker(schedule.created_by, schedule.project_id);
    for (const { id } of rows) {
      // the end of a process tree may take some seconds, which nothing else is to wait for
      this.executions
        .cancel(maker, id, `Replaced by the schedule "${schedule.name}"`)
        .catch((error: unknown) => {
          this.infrastructure.logger.warn({ err: error, execution_id: id }, 'a run could not be replaced');
        });
    }
    return false;
  }

  private async serveAfter(): Promise<void> {
    const ended = this.ended;
    this.ended = [];
    try {
      for (const id of await schedulesWaitingFor(this.database, ended)) await this.serve(id);
    } catch (error) {
      this.infrastructure.logger.debug({ err: error }, 'waiting times of schedules could not be looked at');
    }
  }

  /** Looks at some of the schedules of which times wait. */
  private async sweep(): Promise<void> {
    try {
      const ids = await schedulesWaiting(this.database, this.place, mostAtOnce);
      this.knowsAny = ids.length > 0 || this.place !== nilId;
      this.place = ids.length === mostAtOnce ? ids.at(-1)! : nilId;
      for (const id of ids) await this.serve(id);
    } catch (error) {
      this.infrastructure.logger.debug({ err: error }, 'waiting times of schedules could not be looked at');
    }
  }
}
