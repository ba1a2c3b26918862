import { setTimeout as delay } from 'node:timers/promises';
import { Queue, Worker, type Job } from 'bullmq';
import type { Logger } from '../common/logger.js';

const queueName = 'executions';

/** BullMQ waits for a Redis that is away when it is closed; nothing of ours depends on its farewell. */
const farewellMs = 2_000;

/** Where BullMQ keeps its jobs: one place decides, so Queue and Worker always agree. */
export interface QueueBackend {
  queue(name: string): Queue;
  worker(name: string, processor: (job: Job) => Promise<void>, concurrency: number): Worker;
}

/** One statement adds this many. */
const addedAtOnce = 200;
const maxOffered = 10_000;

const farewell = () => delay(farewellMs, undefined, { ref: false });

/** An execution that may run, with its place in line: lower is served first. */
export interface QueueEntry {
  id: string;
  /** 0 high, 1 normal, 2 low; `boosted` comes before all. */
  queue: number;
  boosted: boolean;
}

/** BullMQ serves 1 before 2; 0 would mean no priority. */
const priorityOf = (entry: QueueEntry) => (entry.boosted ? 1 : entry.queue + 2);

/** The transport of admitted executions: a job is an execution id and nothing else. */
export class ExecutionQueue {
  private readonly queue: Queue;
  private worker: Worker | undefined;
  private readonly inHand = new Set<Promise<void>>();
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
   * Adds executions without waiting for it. What is offered while others are being added goes with the next batch; what cannot be
   * added, or is too much to be kept, is found by the reconciler.
   */
  offer(entries: readonly QueueEntry[]): void {
    if (entries.length === 0) return;
    if (this.offered.length < maxOffered) this.offered.push(...entries);
    this.adding ??= this.addOffered().finally(() => (this.adding = undefined));
  }

  private async addOffered(): Promise<void> {
    while (this.offered.length > 0) {
      try {
        await this.add(this.offered.splice(0, addedAtOnce));
      } catch (error) {
        this.logger.warn({ err: error }, 'executions could not be added to the queue yet');
      }
    }
  }

  /** Adds executions; one that is in the queue already is left as it is. */
  async add(entries: readonly QueueEntry[]): Promise<void> {
    const jobs = entries.map((entry) => ({
      name: 'run',
      data: {},
      opts: {
        jobId: entry.id,
        priority: priorityOf(entry),
        // a kept finished job would silently swallow its id
        removeOnComplete: true,
        removeOnFail: true,
      },
    }));
    const [first] = jobs;
    if (first === undefined) return;
    if (jobs.length === 1) await this.queue.add(first.name, first.data, first.opts);
    else await this.queue.addBulk(jobs);
  }

  /** @returns those of the ids that the queue does not know */
  async missing(ids: readonly string[]): Promise<string[]> {
    const jobs = await Promise.all(ids.map(async (id) => [id, await this.queue.getJob(id)] as const));
    return jobs.filter(([, job]) => job === undefined || job === null).map(([id]) => id);
  }

  /** Moves a waiting execution to its new place; without effect when it is not waiting any more. */
  async reprioritise(entry: QueueEntry): Promise<void> {
    const job = await this.queue.getJob(entry.id);
    await job?.changePriority({ priority: priorityOf(entry) }).catch((error: unknown) => {
      this.logger.debug({ err: error, execution_id: entry.id }, 'a job had left the queue');
    });
  }

  /** Takes a waiting execution out; without effect when a worker holds it. */
  async remove(id: string): Promise<void> {
    await this.queue.remove(id).catch((error: unknown) => {
      this.logger.debug({ err: error, execution_id: id }, 'a job could not be removed');
    });
  }

  /** Starts to take executions, `concurrency` at once. The processor must not throw: Postgres says how a run ended. */
  process(processor: (executionId: string) => Promise<void>, concurrency: number): void {
    const track = async (executionId: string): Promise<void> => {
      const work = processor(executionId);
      this.inHand.add(work);
      await work.finally(() => this.inHand.delete(work));
    };
    this.worker = this.backend.worker(queueName, (job) => track(job.id ?? ''), concurrency);
    this.worker.on('error', (error) =>
      this.logger.warn({ err: error }, 'the queue worker reported an error'),
    );
  }

  /** Takes no more executions; resolves when those in hand are done. */
  async stopProcessing(): Promise<void> {
    const closing = this.worker?.close();
    while (this.inHand.size > 0) await Promise.allSettled(this.inHand);
    await Promise.race([closing, farewell()]);
  }

  async close(): Promise<void> {
    await Promise.race([this.adding, farewell()]);
    await Promise.race([this.queue.close(), farewell()]);
  }
}
