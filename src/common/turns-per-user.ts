import { AppError } from './errors.js';

/** How many may wait for a turn, and for how long; nobody waits unless it is said. */
export interface Line {
  perUser: number;
  inAll: number;
  patienceMs: number;
}

interface Waiter {
  admit: () => void;
}

const noLine: Line = { perUser: 0, inAll: 0, patienceMs: 0 };

/**
 * Bounds how much of a dear kind of work is done at once: for each user, so that nobody keeps all others from it, and in all. Where
 * there is a line, users are served in turn, whatever each of them has in it.
 */
export class TurnsPerUser {
  private readonly byUser = new Map<string, number>();
  private running = 0;
  /** In the order in which the users are served next. */
  private readonly lines = new Map<string, Waiter[]>();
  private waiting = 0;

  constructor(
    private readonly most: { perUser: number; inAll: number },
    private readonly line: Line = noLine,
  ) {}

  /**
   * Does a piece of work when its user's turn has come; without a line it may begin now or never.
   * @param signal aborted when nobody waits for the work any more
   * @throws RATE_LIMIT_EXCEEDED, SYSTEM_OVERLOADED as `begin`, when the line is full or the patience over
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
   * Begins a piece of work if its user, and everybody together, may do one more now.
   * @returns to be called once, at its end
   * @throws RATE_LIMIT_EXCEEDED when the user has as many under way as allowed, SYSTEM_OVERLOADED when all together have
   */
  begin(userId: string): () => void {
    const end = this.tryBegin(userId);
    if (end === undefined) throw this.refusal(userId);
    return end;
  }

  /** The same for who can wait: undefined instead of an error. */
  tryBegin(userId: string): (() => void) | undefined {
    if (this.lines.has(userId) || !this.hasRoom(userId)) return undefined;
    return this.start(userId);
  }

  /**
   * Waits for the turn of a user.
   * @returns to be called once, at the end of the work
   */
  async wait(userId: string, signal?: AbortSignal): Promise<() => void> {
    const own = this.lines.get(userId) ?? [];
    if (own.length >= this.line.perUser || this.waiting >= this.line.inAll) throw this.refusal(userId);
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', giveUp);
        this.waiting -= 1;
        own.splice(own.indexOf(waiter), 1);
        if (own.length === 0) this.lines.delete(userId);
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
      const timer = setTimeout(giveUp, this.line.patienceMs);
      signal?.addEventListener('abort', giveUp);
      own.push(waiter);
      this.lines.set(userId, own);
      this.waiting += 1;
      if (signal?.aborted) giveUp();
    });
  }

  private hasRoom(userId: string): boolean {
    return this.running < this.most.inAll && (this.byUser.get(userId) ?? 0) < this.most.perUser;
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

  /** The user who is served goes to the end of the line of users. */
  private admitNext(): void {
    for (const [userId, own] of this.lines) {
      if (!this.hasRoom(userId)) continue;
      own[0]!.admit();
      if (own.length === 0) return;
      this.lines.delete(userId);
      this.lines.set(userId, own);
      return;
    }
  }

  private refusal(userId: string): AppError {
    if ((this.byUser.get(userId) ?? 0) < this.most.perUser)
      return new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 });
    return new AppError(
      'RATE_LIMIT_EXCEEDED',
      { at_once: this.most.perUser },
      { message: 'You have too many of these requests under way', retryAfterSeconds: 1 },
    );
  }
}
