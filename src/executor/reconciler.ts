import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { nilId } from '../common/ids.js';
import { isDatabaseAway } from '../infra/database-errors.js';
import { settleWaitingTasks } from '../executions/admission/admission.queries.js';
import { ActivityLog } from '../activity/activity-log.js';
import { SystemAlerts } from '../activity/system-alerts.js';
import { Events } from '../infra/events.js';
import { ExecutionQueue, type QueueEntry } from '../infra/execution-queue.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { WorkerConnections } from '../infra/reserved-connections.js';
import { reportLostWorkers } from './lost-workers.js';
import { reportUnmatchedLabels } from './unmatched-labels.js';
import { WorkerLifecycle } from './worker-lifecycle.js';

const tickMs = 1_500;
/** An admitted execution that the queue does not know after this time is offered again. */
const unknownAfterSeconds = 2;
const checkedAtOnce = 100;
/** An execution that has waited this long is moved to the front of the queue. */
const starvingAfterSeconds = 60;

/** Repairs the effects of crashes and lost messages. Every process runs it; each step is idempotent. */
@Injectable()
export class Reconciler {
  private timer: NodeJS.Timeout | undefined;
  private ticking: Promise<void> | undefined;
  private cursor = nilId;
  /** Where the search for tasks that wait for others no more goes on. */
  private settledTo = nilId;
  /** Times of `performance.now()`. */
  private tickedAt = performance.now();
  private trustedFrom = 0;
  /** Whether expired leases were checked since workers were last given time. */
  private trusted = true;
  /** Whether the database was unreachable after the last check of the leases. */
  private wasAway = false;

  constructor(
    private readonly database: WorkerConnections,
    private readonly lifecycle: WorkerLifecycle,
    private readonly queue: ExecutionQueue,
    private readonly alerts: SystemAlerts,
    private readonly activity: ActivityLog,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  start(): void {
    // in single mode the queue is empty after a start
    this.ticking = this.step(() => this.offerAgain(0)).finally(() => (this.ticking = undefined));
    // random, so that not all processes start a tick at the same moment
    this.timer = setInterval(() => void (this.ticking ??= this.tick()), tickMs * (0.9 + Math.random() * 0.2));
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.ticking;
  }

  private async tick(): Promise<void> {
    // a tick so late that a lease can have expired means that the process or the whole machine was suspended
    const late = Math.max(
      1.25 * tickMs,
      Math.min(3 * tickMs, this.infrastructure.config.LEASE_SECONDS * 750),
    );
    // late ticks of a busy machine must not put off the check for ever
    if (this.trusted && performance.now() - this.tickedAt > late) this.giveWorkersTime();
    this.tickedAt = performance.now();
    await this.step(() => this.endLost());
    await this.step(() => this.lifecycle.revokeSuspended());
    await this.step(() => this.lifecycle.settleForgotten());
    await this.step(() => this.settleWaiting());
    await this.step(() => this.lifecycle.cancelRefused());
    await this.step(() => this.lifecycle.admitWaiting());
    await this.step(() => this.serveStarving());
    await this.step(() => reportUnmatchedLabels(this.database, this.alerts));
    await this.step(() => this.offerAgain(unknownAfterSeconds));
    this.ticking = undefined;
  }

  /** Catches errors of a step: a fault, such as an unreachable Redis, must not prevent the other steps. */
  private async step(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const away = isDatabaseAway(error);
      this.wasAway ||= away;
      this.infrastructure.logger[away ? 'debug' : 'warn']({ err: error }, 'a step of the reconciler failed');
    }
  }

  /**
   * Gives workers the time of one heartbeat to renew their leases: after a suspension of the whole machine or an outage of Postgres, all
   * leases may have expired though no worker is lost.
   */
  private giveWorkersTime(): void {
    this.trusted = false;
    this.trustedFrom = performance.now() + this.infrastructure.config.LEASE_SECONDS * 250 + 500;
  }

  /** Ends executions whose lease has expired because their worker is lost. */
  private async endLost(): Promise<void> {
    if (this.wasAway) {
      // their time begins when the database answers again
      await this.database.query('SELECT 1');
      this.wasAway = false;
      this.giveWorkersTime();
    }
    if (performance.now() < this.trustedFrom) return;
    this.trusted = true;
    const { LEASE_SECONDS } = this.infrastructure.config;
    await reportLostWorkers(this.database, this.activity, this.events, LEASE_SECONDS);
    const lost = await this.lifecycle.endLost();
    if (lost > 0) {
      await this.alerts.raise('worker_lost', 'A worker stopped answering; what it ran was ended', {
        executions: lost,
      });
    }
  }

  /** Looks at some of the tasks that are stored as waiting for others, and at more as long as some do not. */
  private async settleWaiting(): Promise<void> {
    for (let settled = true; settled; await setImmediate()) {
      const batch = await settleWaitingTasks(this.database, this.settledTo);
      this.settledTo = batch.last;
      settled = batch.settled;
    }
  }

  private async serveStarving(): Promise<void> {
    const starving = await this.database.query<QueueEntry & Record<string, unknown>>(
      `UPDATE executions SET boosted = true
        WHERE status = 'queued' AND NOT boosted AND queue > 0 AND admitted_at < now() - make_interval(secs => $1)
        RETURNING id, queue, boosted, runs_on`,
      [starvingAfterSeconds],
    );
    for (const entry of starving) await this.queue.reprioritise(entry);
  }

  /**
   * Offers executions again that a wiped Redis, a crash after the commit or the end of the only process has removed from the queue. Checks
   * a batch at each tick; as long as the queue knows nothing of a batch, it goes on with the next one.
   */
  private async offerAgain(afterSeconds: number): Promise<void> {
    while (await this.offerBatch(afterSeconds)) await setImmediate();
  }

  /** @returns true when a whole batch was unknown to the queue, so that probably more are */
  private async offerBatch(afterSeconds: number): Promise<boolean> {
    const entries = await this.database.query<QueueEntry & Record<string, unknown>>(
      `SELECT id, queue, boosted, runs_on FROM executions
        WHERE status = 'queued' AND admitted_at < now() - make_interval(secs => $1) AND id > $2 ORDER BY id LIMIT $3`,
      [afterSeconds, this.cursor, checkedAtOnce],
    );
    this.cursor = entries.length < checkedAtOnce ? nilId : entries.at(-1)!.id;
    const missing = new Set(await this.queue.missing(entries));
    if (missing.size === 0) return false;
    this.infrastructure.logger.info(
      { executions: missing.size },
      'offering executions again that the queue had forgotten',
    );
    await this.queue.add(entries.filter(({ id }) => missing.has(id)));
    return missing.size === checkedAtOnce;
  }
}
