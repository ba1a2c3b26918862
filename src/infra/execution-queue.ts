import { setTimeout as delay } from 'node:timers/promises';

/** What names an execution in the queue. */
export interface QueuedJob {
  id: string;
  /** The labels that a worker must have, sorted. */
  runs_on: readonly string[];
}

/** An admitted execution with its priority; lower numbers are served first. */
export interface QueueEntry extends QueuedJob {
  /** 0 is high, 1 normal, 2 low; `boosted` has priority over all of them. */
  queue: number;
  boosted: boolean;
}

export type Processor = (executionId: string) => Promise<void>;

/** What a worker takes from the queue. */
export interface Capacity {
  /** How many executions it processes at a time, whatever labels they ask for. */
  slots: number;
  /** Its labels: it takes only what asks for no other. */
  labels: readonly string[];
}

/** Returns the priority of an entry, from 1 to 4; 1 is served first. */
export const priorityOf = (entry: QueueEntry) => (entry.boosted ? 1 : entry.queue + 2);

/** The timeout for closing a queue, which may wait for an unreachable Redis. Nothing depends on a clean close. */
const closeTimeoutMs = 2_000;

export const closeTimeout = () => delay(closeTimeoutMs, undefined, { ref: false });

/**
 * The transport of admitted executions to the workers. It may forget any of them and deliver one twice: Postgres decides what is
 * admitted, a worker must win the claim, and the reconciler offers again what is admitted and not known here.
 */
export abstract class ExecutionQueue {
  private readonly active = new Set<Promise<void>>();

  /** Adds executions in the background. One that waits in the queue already is not changed. */
  abstract offer(entries: readonly QueueEntry[]): void;

  /** Adds executions like `offer`, and waits until they are added. */
  abstract add(entries: readonly QueueEntry[]): Promise<void>;

  /** @returns the ids that are not in the queue and not being processed */
  abstract missing(jobs: readonly QueuedJob[]): Promise<string[]>;

  /** Changes the priority of a waiting execution. Has no effect when it is not waiting any more. */
  abstract reprioritise(entry: QueueEntry): Promise<void>;

  /** Removes a waiting execution. Has no effect when a worker has taken it. */
  abstract remove(job: QueuedJob): Promise<void>;

  /** Starts to process executions. The processor must not throw: outcomes are stored in Postgres. */
  abstract process(processor: Processor, capacity: Capacity): void;

  /** Takes no executions until `resume`; the active ones go on. */
  abstract pause(): void;

  abstract resume(): void;

  /** Stops taking executions. Resolves when the active ones are done. */
  async stopProcessing(): Promise<void> {
    const stopped = this.stopTaking();
    while (this.active.size > 0) await Promise.allSettled(this.active);
    await Promise.race([stopped, closeTimeout()]);
  }

  abstract close(): Promise<void>;

  protected abstract stopTaking(): Promise<void>;

  protected async track(work: Promise<void>): Promise<void> {
    this.active.add(work);
    await work.finally(() => this.active.delete(work));
  }
}
