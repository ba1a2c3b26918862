import { setTimeout as delay } from 'node:timers/promises';
import { Queue, Worker, type Job } from 'bullmq';
import type { Logger } from '../common/logger.js';

const queueName = 'executions';

/** The timeout for closing BullMQ, which waits for an unreachable Redis. Nothing depends on a clean close. */
const closeTimeoutMs = 2_000;

/** Creates the Queue and Worker of BullMQ on the same storage. */
export interface QueueBackend {
  queue(name: string): Queue;
  worker(name: string, processor: (job: Job) => Promise<void>, concurrency: number): Worker;
}

/** The number of jobs per statement. */
const batchSize = 200;
const maxOffered = 10_000;

const closeTimeout = () => delay(closeTimeoutMs, undefined, { ref: false });

/** An admitted execution with its priority; lower numbers are served first. */
export interface QueueEntry {
  id: string;
  /** 0 is high, 1 normal, 2 low; `boosted` has priority over all of them. */
  queue: number;
  boosted: boolean;
}

/** Returns the priority for BullMQ, which serves 1 before 2; 0 would mean no priority. */
const priorityOf = (entry: QueueEntry) => (entry.boosted ? 1 : entry.queue + 2);

/** The transport of admitted executions: a job is an execution id and nothing else. */
export class ExecutionQueue {
  private readonly queue: Queue;
  private worker: Worker | undefined;
  private readonly active = new Set<Promise<void>>();
  private readonly offered: QueueEntry[] = [];
  private adding: Promise<void> | undefined;

  constructor(
    private readonly backend: QueueBackend,
    private readonly logger: Logger,
  ) {
    this.queue = backend.queue(queueName);
    this.queue.on('error', (error) => this.logger.warn({ err: error }, 'the queue reported an error'));
  }

  /**
   * Adds executions in the background. Those that are offered while others are being added form the next batch. The reconciler offers
   * executions again that could not be added or exceeded the buffer.
   */
  offer(entries: readonly QueueEntry[]): void {
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

  /** Adds executions. One that is in the queue already is not changed. */
  async add(entries: readonly QueueEntry[]): Promise<void> {
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

  /** @returns the ids that are not in the queue */
  async missing(ids: readonly string[]): Promise<string[]> {
    const jobs = await Promise.all(ids.map(async (id) => [id, await this.queue.getJob(id)] as const));
    return jobs.filter(([, job]) => job === undefined || job === null).map(([id]) => id);
  }

  /** Changes the priority of a waiting execution. Has no effect when it is not waiting any more. */
  async reprioritise(entry: QueueEntry): Promise<void> {
    const job = await this.queue.getJob(entry.id);
    await job?.changePriority({ priority: priorityOf(entry) }).catch((error: unknown) => {
      this.logger.debug({ err: error, execution_id: entry.id }, 'a job had left the queue');
    });
  }

  /** Removes a waiting execution. Has no effect when a worker holds it. */
  async remove(id: string): Promise<void> {
    await this.queue.remove(id).catch((error: unknown) => {
      this.logger.debug({ err: error, execution_id: id }, 'a job could not be removed');
    });
  }

  /** Starts to process executions, `concurrency` at a time. The processor must not throw: outcomes are stored in Postgres. */
  process(processor: (executionId: string) => Promise<void>, concurrency: number): void {
    const track = async (executionId: string): Promise<void> => {
      const work = processor(executionId);
      this.active.add(work);
      await work.finally(() => this.active.delete(work));
    };
    this.worker = this.backend.worker(queueName, (job) => track(job.id ?? ''), concurrency);
    this.worker.on('error', (error) =>
      this.logger.warn({ err: error }, 'the queue worker reported an error'),
    );
  }

  /** Stops taking executions. Resolves when the active ones are done. */
  async stopProcessing(): Promise<void> {
    const closing = this.worker?.close();
    while (this.active.size > 0) await Promise.allSettled(this.active);
    await Promise.race([closing, closeTimeout()]);
  }

  async close(): Promise<void> {
    await Promise.race([this.adding, closeTimeout()]);
    await Promise.race([this.queue.close(), closeTimeout()]);
  }
}
