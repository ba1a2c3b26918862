import { setTimeout as delay } from 'node:timers/promises';

/** An admitted execution with its priority; lower numbers are served first. */
export interface QueueEntry {
  id: string;
  /** 0 is high, 1 normal, 2 low; `boosted` has priority over all of them. */
  queue: number;
  boosted: boolean;
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
  abstract missing(ids: readonly string[]): Promise<string[]>;

  /** Changes the priority of a waiting execution. Has no effect when it is not waiting any more. */
  abstract reprioritise(entry: QueueEntry): Promise<void>;

  /** Removes a waiting execution. Has no effect when a worker has taken it. */
  abstract remove(id: string): Promise<void>;

  /** Starts to process executions, `concurrency` at a time. The processor must not throw: outcomes are stored in Postgres. */
  abstract process(processor: (executionId: string) => Promise<void>, concurrency: number): void;

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
