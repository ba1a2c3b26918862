import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { fits } from '../common/worker-labels.js';
import type { Logger } from '../common/logger.js';
import type { Capacity, Processor } from './execution-queue.js';
import { labelsOf, type LabelQueues } from './label-queues.js';

/** How long Redis is asked to wait for a job. After it the queues are looked at, whether or not a message was lost. */
const waitSeconds = 5;
const answerMs = (waitSeconds + 1) * 1000;
const retryMs = 500;
/** BullMQ adds this times the priority to the place of a job. */
const perPriority = 2 ** 32;

type Popped = [key: string, member: string, score: string] | null;

/**
 * Takes jobs for the slots of one worker from the queues of all label sets that it fits: the most urgent first, and the queues in turn where
 * they are equally urgent. While they are empty, it waits in Redis for all of them at once, by the markers with which BullMQ wakes workers.
 */
export class JobTaker {
  /** What takes from the queue of each set that fits. */
  private readonly takers = new Map<string, Worker>();
  private readonly labels: ReadonlySet<string>;
  private readonly wakeKey = `millrace:wake:${randomUUID()}`;
  private busy = 0;
  private turn = 0;
  private paused = false;
  private stopped = false;
  /** Resolves what waits for a free slot, or for the end of a pause. */
  private onChange = (): void => undefined;
  private waiting: Promise<Popped> | undefined;
  private waitingSince = 0;
  private refreshedAt = -Infinity;

  /**
   * @param blocking a connection of its own, which waits in Redis
   * @param process runs a job; it must not throw
   */
  constructor(
    private readonly queues: LabelQueues,
    private readonly blocking: Redis,
    private readonly process: Processor,
    private readonly capacity: Capacity,
    private readonly logger: Logger,
  ) {
    this.labels = new Set(capacity.labels);
  }

  /** Takes jobs until `stop`. */
  async run(): Promise<void> {
    while (!this.stopped) {
      if (this.paused || this.busy >= this.capacity.slots) {
        await new Promise<void>((resolve) => (this.onChange = resolve));
        continue;
      }
      try {
        if (performance.now() - this.refreshedAt > waitSeconds * 1000) await this.refresh();
        const id = await this.take();
        if (id === undefined) await this.wait();
        else this.start(id);
      } catch (error) {
        if (this.stopped) return;
        this.logger.debug({ err: error }, 'no job could be taken');
        await delay(retryMs, undefined, { ref: false });
      }
    }
  }

  /** Learns of a set that has come into use. */
  learn(set: string): void {
    if (this.stopped || this.takers.has(set) || !fits(this.labels, labelsOf(set))) return;
    this.takers.set(set, this.queues.taker(set));
    this.wake();
  }

  pause(): void {
    this.paused = true;
    this.wake();
  }

  resume(): void {
    this.paused = false;
    this.onChange();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.onChange();
    this.blocking.disconnect();
    for (const taker of this.takers.values()) await taker.close(true);
  }

  private start(id: string): void {
    this.busy += 1;
    void this.process(id).finally(() => {
      this.busy -= 1;
      this.onChange();
    });
  }

  /** Takes the next job out of its queue: Postgres knows what is admitted, so nothing is kept in Redis while it runs. */
  private async take(): Promise<string | undefined> {
    for (const taker of await this.inOrder()) {
      const token = randomUUID();
      const job = await taker.getNextJob(token, { block: false });
      if (!job) continue;
      job.moveToCompleted(null, token, false).catch((error: unknown) => {
        this.logger.debug({ err: error, execution_id: job.id }, 'a taken job is left to be found as stalled');
      });
      return job.id;
    }
    return undefined;
  }

  /** The queues that may have a job, the one with the most urgent first. */
  private async inOrder(): Promise<Worker[]> {
    const all = [...this.takers.values()];
    if (all.length < 2) return all;
    this.turn += 1;
    const inTurn = all.map((_, n) => all[(n + this.turn) % all.length]!);
    const pipeline = this.queues.client.pipeline();
    for (const { keys } of inTurn)
      pipeline.llen(keys['wait']!).zrange(keys['prioritized']!, '0', '0', 'WITHSCORES');
    const answers = (await pipeline.exec()) ?? [];
    const ranked = inTurn.map((taker, n) => {
      const [stalled, first] = [answers[2 * n]?.[1], answers[2 * n + 1]?.[1] as string[] | undefined];
      const priority = first?.[1] === undefined ? Infinity : Math.floor(Number(first[1]) / perPriority);
      return { taker, priority: Number(stalled) > 0 ? 0 : priority };
    });
    return ranked
      .filter(({ priority }) => priority < Infinity)
      .toSorted((a, b) => a.priority - b.priority)
      .map(({ taker }) => taker);
  }

  /** Waits until a job may be there. A wait that has no answer in time goes on beside the next looks at the queues. */
  private async wait(): Promise<void> {
    const markers = [...this.takers.values()].map(({ keys }) => keys['marker']!);
    this.waiting ??= this.pop([...markers, this.wakeKey]);
    const over = new AbortController();
    const popped = await Promise.race([
      this.waiting,
      delay(answerMs, undefined, { signal: over.signal, ref: false }).catch(() => undefined),
    ]).finally(() => over.abort());
    if (popped === undefined) return this.renew();
    if (popped === null || popped[0] === this.wakeKey) return;
    // the marker was for a worker that takes the job
    if (this.paused || this.stopped) await this.queues.client.zadd(popped[0], 0, '0');
  }

  private pop(keys: string[]): Promise<Popped> {
    this.waitingSince = performance.now();
    const popped = this.blocking
      .bzpopmin(...keys, waitSeconds)
      .finally(() => (this.waiting = undefined)) as Promise<Popped>;
    popped.catch(() => undefined);
    return popped;
  }

  /** Renews a connection that has not answered for long, such as one whose other end is gone; its wait is sent again. */
  private renew(): void {
    if (performance.now() - this.waitingSince < 3 * answerMs || this.blocking.status !== 'ready') return;
    this.waitingSince = performance.now();
    this.blocking.disconnect(true);
  }

  /** Ends the present wait. */
  private wake(): void {
    if (!this.waiting) return;
    this.queues.client
      .pipeline()
      .zadd(this.wakeKey, 0, '0')
      .expire(this.wakeKey, 2 * waitSeconds)
      .exec()
      .catch(() => undefined);
  }

  /** Looks which sets are in use, since messages may be lost and sets be forgotten. */
  private async refresh(): Promise<void> {
    const inUse = new Set(await this.queues.inUse());
    this.refreshedAt = performance.now();
    for (const set of inUse) this.learn(set);
    for (const [set, taker] of this.takers) {
      if (inUse.has(set)) continue;
      this.takers.delete(set);
      taker.close(true).catch(() => undefined);
    }
  }
}
