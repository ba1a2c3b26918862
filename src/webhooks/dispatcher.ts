import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Keyring } from '../common/keyring.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { Alarm } from './alarm.js';
import { Lanes } from './lanes.js';
import { requestBody, requestHeaders, signingSecrets } from './delivery-request.js';
import { Outbound } from './outbound.js';
import { abortedResult, isGone, isTimeout, notSentResult, resultOf, type Attempt } from './outcome.js';
import { releaseDeliveries, takeDue, type SentRequest, type TakenDelivery } from './outbox.queries.js';
import { ResultWriter } from './result-writer.js';
import { WebhookSwitch } from './webhook-switch.js';

const pollMs = 2_000;
const sendTimeoutMs = 10_000;
/** The lease of a delivery: after a crash of this process it is due again when the lease has expired. */
const leaseMs = 20_000;
const drainMs = 5_000;
/** A receiver that takes longer to respond counts as slow. */
const slowMs = 3_000;
const takeLimit = 512;
const maxBacklog = 2_000;

type Job = TakenDelivery & { takenAt: number };

/** Sends the due deliveries of the outbox. Every process runs a dispatcher, and row locks in Postgres distribute the work. */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly lanes = new Lanes<Job>(({ owner_id }) => owner_id);
  private readonly alarm = new Alarm();
  private readonly sending = new Set<Promise<void>>();
  private readonly outbound: Outbound;
  private readonly results: ResultWriter;
  private stopping = false;
  private isAborting = false;
  private loop: Promise<void> = Promise.resolve();
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
    private readonly webhooks: WebhookSwitch,
    private readonly keyring: Keyring,
  ) {
    const { config, logger } = infrastructure;
    this.outbound = new Outbound({ allowPrivate: config.WEBHOOK_ALLOW_PRIVATE, timeoutMs: sendTimeoutMs });
    this.results = new ResultWriter(database, logger, {
      onRetry: (inMs) => this.alarm.ringIn(inMs),
      onStored: (results) => webhooks.recordHealth(results),
    });
  }

  onApplicationBootstrap(): void {
    this.unsubscribe = this.events.on('webhooks.pending', () => this.alarm.ring());
    this.loop = this.run();
  }

  /** Stops taking deliveries, releases those that wait, and gives requests in flight a few seconds to finish. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.unsubscribe();
    this.alarm.ring();
    await this.loop;
    await this.release(this.lanes.clear());
    const timer = setTimeout(() => this.abortAll(), drainMs);
    await Promise.all(this.sending);
    clearTimeout(timer);
    await this.results.drain(2_000);
    this.outbound.close();
  }

  private abortAll(): void {
    this.isAborting = true;
    this.outbound.abortAll();
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      try {
        const taken = await this.take();
        if (failures > 0) this.infrastructure.logger.info('the webhook outbox can be read again');
        failures = 0;
        this.sendNext();
        if (!(taken > 0 && this.lanes.wantsMore)) await this.alarm.wait(pollMs);
      } catch (error) {
        failures += 1;
        if (failures === 1)
          this.infrastructure.logger.warn(
            { err: error },
            'the webhook outbox cannot be read, will try again',
          );
        await this.alarm.pause(Math.min(250 * 2 ** (failures - 1), 5_000), () => this.stopping);
      }
    }
  }

  private async take(): Promise<number> {
    if (this.results.backlog > maxBacklog) return 0;
    const capacities = this.lanes.capacities();
    const takenAt = performance.now();
    const rows = await takeDue(this.database, {
      capacities,
      held: this.lanes.heldOwners(),
      defaultCapacity: this.lanes.defaultCapacity,
      limit: takeLimit,
      leaseMs,
    });
    const taken = new Map<string, Job[]>();
    for (const row of rows) {
      if (!row.active) {
        this.results.add(notSentResult(row));
        continue;
      }
      const jobs = taken.get(row.webhook_id) ?? [];
      taken.set(row.webhook_id, jobs);
      jobs.push({ ...row, takenAt });
    }
    this.lanes.add(taken, capacities);
    return rows.length;
  }

  private sendNext(): void {
    if (this.stopping) return;
    const expiring: Job[] = [];
    for (const { key, item: job } of this.lanes.next()) {
      // a delivery that has waited too long here might still be in flight when its lease expires
      if (performance.now() - job.takenAt > leaseMs - sendTimeoutMs - 2_000) {
        this.lanes.release(key);
        expiring.push(job);
        continue;
      }
      const sending = this.send(job).finally(() => this.sending.delete(sending));
      this.sending.add(sending);
    }
    void this.release(expiring);
  }

  private async send(job: Job): Promise<void> {
    const watch = setTimeout(() => this.overdue(job), slowMs);
    const attempt = await this.attempt(job);
    clearTimeout(watch);
    this.results.add(
      this.isAborting && 'fault' in attempt ? abortedResult(job, attempt) : resultOf(job, attempt),
    );
    const quick = attempt.durationMs < slowMs && !('fault' in attempt && isTimeout(attempt.fault));
    const waiting = this.lanes.done(job.webhook_id, quick);
    if (isGone(attempt)) {
      await this.webhooks.receiverGone(job).catch((error: unknown) => {
        const webhook = { err: error, webhook_id: job.webhook_id };
        this.infrastructure.logger.warn(webhook, 'a webhook could not be deactivated');
      });
    }
    await this.release(waiting);
    this.sendNext();
    if (this.lanes.wantsMore) this.alarm.ring();
  }

  private overdue(job: Job): void {
    void this.release(this.lanes.overdue(job.webhook_id));
    this.sendNext();
  }

  private async attempt(job: Job): Promise<Attempt> {
    const begun = new Date();
    const start = performance.now();
    const body = requestBody(job);
    const request: SentRequest = { url: job.url, headers: {} };
    try {
      request.headers = requestHeaders(job, signingSecrets(job, this.keyring), body, begun.getTime());
      const answer = await this.outbound.post(request.url, request.headers, body);
      return { request, begun, answer, durationMs: performance.now() - start };
    } catch (fault) {
      return { request, begun, fault, durationMs: performance.now() - start };
    }
  }

  private async release(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return;
    // if this fails, the deliveries are due again when their leases expire
    await releaseDeliveries(this.database, jobs).catch((error: unknown) => {
      this.infrastructure.logger.debug({ err: error }, 'webhook deliveries could not be released');
    });
  }
}
