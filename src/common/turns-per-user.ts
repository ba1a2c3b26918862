import { AppError } from './errors.js';

/** Limits of the queue for turns. */
export interface QueueLimits {
  perUser: number;
  inAll: number;
  timeoutMs: number;
}

interface Waiter {
  admit: () => void;
}

const noQueue: QueueLimits = { perUser: 0, inAll: 0, timeoutMs: 0 };

/**
 * Bounds the concurrency of expensive work: for each user, so that nobody starves the others, and in all. Queued users are served
 * round-robin, however much work each of them has queued.
 */
export class TurnsPerUser {
  private readonly byUser = new Map<string, number>();
  private running = 0;
  /** Waiters by user, in the order in which the users are served. */
  private readonly queues = new Map<string, Waiter[]>();
  private waiting = 0;

  constructor(
    private readonly limits: { perUser: number; inAll: number },
    private readonly queue: QueueLimits = noQueue,
  ) {}

  /**
   * Does a piece of work when its user's turn has come; without a queue (the default) it begins at once or is refused.
   * @param signal aborted when the caller no longer waits for the work
   * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED as `begin`, when the queue is full or the wait has timed out
   */
  async take<T>(userId: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const end = this.tryBegin(userId) ?? (await this.wait(userId, signal));
    try {
      return await work();
    } finally {
      end();
    }
  }

  /**
   * Begins a piece of work if the limits of its user and of all users permit one more.
   * @returns ends the work; to be called once
   * @throws RATE_LIMIT_EXCEEDED when the user's limit is reached, SYSTEM_OVERLOADED when that of all users is
   */
  begin(userId: string): () => void {
    const end = this.tryBegin(userId);
    if (end === undefined) throw this.refusal(userId);
    return end;
  }

  /** Begins a piece of work like `begin`, but returns undefined when a limit is reached. */
  tryBegin(userId: string): (() => void) | undefined {
    if (this.queues.has(userId) || !this.hasRoom(userId)) return undefined;
    return this.start(userId);
  }

  /**
   * Waits for the turn of a user.
   * @returns ends the work; to be called once
   */
  async wait(userId: string, signal?: AbortSignal): Promise<() => void> {
    const own = this.queues.get(userId) ?? [];
    if (own.length >= this.queue.perUser || this.waiting >= this.queue.inAll) throw this.refusal(userId);
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        this.waiting -= 1;
        own.splice(own.indexOf(waiter), 1);
        if (own.length === 0) this.queues.delete(userId);
      };
      const giveUp = () => {
        leave();
        reject(this.refusal(userId));
      };
      const waiter = {
        admit: () => {
          leave();
          resolve(this.start(userId));
        },
      };
      const timer = setTimeout(giveUp, this.queue.timeoutMs);
      signal?.addEventListener('abort', giveUp);
      own.push(waiter);
      this.queues.set(userId, own);
      this.waiting += 1;
      if (signal?.aborted) giveUp();
    });
  }

  private hasRoom(userId: string): boolean {
    return this.running < this.limits.inAll && (this.byUser.get(userId) ?? 0) < this.limits.perUser;
  }

  private start(userId: string): () => void {
    this.byUser.set(userId, (this.byUser.get(userId) ?? 0) + 1);
    this.running += 1;
    return () => {
      this.running -= 1;
      const left = this.byUser.get(userId)! - 1;
      if (left === 0) this.byUser.delete(userId);
      else this.byUser.set(userId, left);
      this.admitNext();
    };
  }

  /** Admits the next user's first waiter, and moves that user to the end of the queue. */
  private admitNext(): void {
    for (const [userId, own] of this.queues) {
      if (!this.hasRoom(userId)) continue;
      own[0]!.admit();
      if (own.length === 0) return;
      this.queues.delete(userId);
      this.queues.set(userId, own);
      return;
    }
  }

  private refusal(userId: string): AppError {
    if ((this.byUser.get(userId) ?? 0) < this.limits.perUser)
      return new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 });
    return new AppError(
      'RATE_LIMIT_EXCEEDED',
      { at_once: this.limits.perUser },
      { message: 'You have too many of these requests under way', retryAfterSeconds: 1 },
    );
  }
}
