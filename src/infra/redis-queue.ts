import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../common/logger.js';
import type { Bus } from './bus.js';
import {
  closeTimeout,
  ExecutionQueue,
  priorityOf,
  type Capacity,
  type Processor,
  type QueuedJob,
  type QueueEntry,
} from './execution-queue.js';
import { JobTaker } from './job-taker.js';
import { LabelQueues, setName } from './label-queues.js';

/** The number of jobs per command. */
const batchSize = 200;
const maxOffered = 10_000;
const purgeMs = 60_000;
/** The channel of the bus with the label sets that come into use. */
const channel = 'label-sets';

/** The queue of several processes: BullMQ on Redis. A job is an execution id and nothing else, and nothing depends on BullMQ's events. */
export class RedisQueue extends ExecutionQueue {
  private readonly queues: LabelQueues;
  private taker: JobTaker | undefined;
  private readonly offered: QueueEntry[] = [];
  private adding: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;
  private unsubscribe: Promise<() => void> | undefined;

  /** @param connect opens the connection of requests, and that of a worker, which waits in Redis until there is work */
  constructor(
    private readonly connect: { queue: () => Redis; worker: () => Redis },
    private readonly bus: Bus,
    private readonly logger: Logger,
  ) {
    super();
    this.queues = new LabelQueues(connect.queue(), logger);
    this.timer = setInterval(() => void this.purge(), purgeMs).unref();
  }

  /**
   * Those that are offered while others are being added form the next batch. The reconciler offers executions again that could not be
   * added or exceeded the buffer.
   */
  override offer(entries: readonly QueueEntry[]): void {
    if (entries.length === 0) return;
    if (this.offered.length < maxOffered) this.offered.push(...entries);
    this.adding ??= this.addOffered().finally(() => (this.adding = undefined));
  }

  private async addOffered(): Promise<void> {
    while (this.offered.length > 0) {
      try {
        await this.add(this.offered.splice(0, batchSize));
      } catch (error) {
        this.logger.warn({ err: error }, 'executions could not be added to the queue yet');
      }
    }
  }

  override async add(entries: readonly QueueEntry[]): Promise<void> {
    for (const [set, ofSet] of bySet(entries)) {
      try {
        await this.addTo(set, ofSet);
      } catch (error) {
        // one whose connection broke while it was made would fail for ever
        this.queues.drop(set);
        throw error;
      }
    }
  }

  private async addTo(set: string, entries: readonly QueueEntry[]): Promise<void> {
    const queue = this.queues.of(set);
    const jobs = entries.map((entry) => ({
      name: 'run',
      data: {},
      opts: {
        jobId: entry.id,
        priority: priorityOf(entry),
        // BullMQ would silently ignore the id of a finished job that is kept
        removeOnComplete: true,
        removeOnFail: true,
      },
    }));
    const [first] = jobs;
    if (first === undefined) return;
    const isNew = await this.queues.use(set);
    if (jobs.length === 1) await queue.add(first.name, first.data, first.opts);
    else await queue.addBulk(jobs);
    if (isNew) this.bus.publish(channel, Buffer.from(set));
  }

  override async missing(jobs: readonly QueuedJob[]): Promise<string[]> {
    const found = await Promise.all(
      jobs.map(async (job) => [job.id, await this.queueOf(job).getJob(job.id)] as const),
    );
    return found.filter(([, job]) => job === undefined || job === null).map(([id]) => id);
  }

  override async reprioritise(entry: QueueEntry): Promise<void> {
    const job = await this.queueOf(entry).getJob(entry.id);
    await job?.changePriority({ priority: priorityOf(entry) }).catch((error: unknown) => {
      this.logger.debug({ err: error, execution_id: entry.id }, 'a job had left the queue');
    });
  }

  override async remove(job: QueuedJob): Promise<void> {
    await this.queueOf(job)
      .remove(job.id)
      .catch((error: unknown) => {
        this.logger.debug({ err: error, execution_id: job.id }, 'a job could not be removed');
      });
  }

  override process(processor: Processor, capacity: Capacity): void {
    const run = (id: string) => this.track(processor(id));
    const taker = new JobTaker(this.queues, this.connect.worker(), run, capacity, this.logger);
    this.taker = taker;
    this.unsubscribe = this.bus.subscribe(channel, (message) => taker.learn(message.toString()));
    void taker.run();
  }

  override pause(): void {
    this.taker?.pause();
  }

  override resume(): void {
    this.taker?.resume();
  }

  protected override async stopTaking(): Promise<void> {
    (await this.unsubscribe)?.();
    await this.taker?.stop();
  }

  override async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.race([this.adding, closeTimeout()]);
    await Promise.race([this.queues.close(), closeTimeout()]);
  }

  private queueOf({ runs_on }: QueuedJob): Queue {
    return this.queues.of(setName(runs_on));
  }

  private async purge(): Promise<void> {
    await this.queues
      .purge()
      .catch((error: unknown) => this.logger.debug({ err: error }, 'unused label sets were not purged'));
  }
}

/** Sorts entries by their set of labels; most often there is one set. */
function bySet(entries: readonly QueueEntry[]): Map<string, QueueEntry[]> {
  const sets = new Map<string, QueueEntry[]>();
  for (const entry of entries) {
    const set = setName(entry.runs_on);
    const others = sets.get(set);
    if (others) others.push(entry);
    else sets.set(set, [entry]);
  }
  return sets;
}
