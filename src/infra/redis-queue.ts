import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../common/logger.js';
import { closeTimeout, ExecutionQueue, priorityOf, type QueueEntry } from './execution-queue.js';

const queueName = 'executions';
const prefix = 'millrace';

/** The number of jobs per command. */
const batchSize = 200;
const maxOffered = 10_000;

/** The queue of several processes: BullMQ on Redis. A job is an execution id and nothing else, and nothing depends on BullMQ's events. */
export class RedisQueue extends ExecutionQueue {
  private readonly queue: Queue;
  private worker: Worker | undefined;
  private readonly offered: QueueEntry[] = [];
  private adding: Promise<void> | undefined;

  /** @param connect opens the connections of requests, and those of a worker, which wait in Redis until there is work */
  constructor(
    private readonly connect: { queue: () => Redis; worker: () => Redis },
    private readonly logger: Logger,
  ) {
    super();
    this.queue = new Queue(queueName, { connection: connect.queue(), prefix });
    this.queue.on('error', (error) => this.logger.warn({ err: error }, 'the queue reported an error'));
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
    if (jobs.length === 1) await this.queue.add(first.name, first.data, first.opts);
    else await this.queue.addBulk(jobs);
  }

  override async missing(ids: readonly string[]): Promise<string[]> {
    const jobs = await Promise.all(ids.map(async (id) => [id, await this.queue.getJob(id)] as const));
    return jobs.filter(([, job]) => job === undefined || job === null).map(([id]) => id);
  }

  override async reprioritise(entry: QueueEntry): Promise<void> {
    const job = await this.queue.getJob(entry.id);
    await job?.changePriority({ priority: priorityOf(entry) }).catch((error: unknown) => {
      this.logger.debug({ err: error, execution_id: entry.id }, 'a job had left the queue');
    });
  }

  override async remove(id: string): Promise<void> {
    await this.queue.remove(id).catch((error: unknown) => {
      this.logger.debug({ err: error, execution_id: id }, 'a job could not be removed');
    });
  }

  override process(processor: (executionId: string) => Promise<void>, concurrency: number): void {
    this.worker = new Worker(queueName, (job) => this.track(processor(job.id ?? '')), {
      connection: this.connect.worker(),
      prefix,
      concurrency,
      // the lease in Postgres decides which worker runs an execution, so a stalled job may be retried any number of times
      lockDuration: 30_000,
      stalledInterval: 10_000,
      maxStalledCount: 1_000_000,
      drainDelay: 5,
    });
    this.worker.on('error', (error) =>
      this.logger.warn({ err: error }, 'the queue worker reported an error'),
    );
  }

  protected override async stopTaking(): Promise<void> {
    await this.worker?.close();
  }

  override async close(): Promise<void> {
    await Promise.race([this.adding, closeTimeout()]);
    await Promise.race([this.queue.close(), closeTimeout()]);
  }
}
