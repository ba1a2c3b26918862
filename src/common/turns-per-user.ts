import { AppError } from './errors.js';

/** Bounds how much of a dear kind of work is done at once: for each user, so that nobody keeps all others from it, and in all. */
export class TurnsPerUser {
  private readonly byUser = new Map<string, number>();
  private running = 0;

  constructor(private readonly most: { perUser: number; inAll: number }) {}

  /** Does a piece of work if it may begin now; see `begin`. */
  async take<T>(userId: string, work: () => Promise<T>): Promise<T> {
    const end = this.begin(userId);
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
    const own = this.byUser.get(userId) ?? 0;
    if (own >= this.most.perUser) {
      throw new AppError(
        'RATE_LIMIT_EXCEEDED',
        { at_once: this.most.perUser },
        { message: 'You have too many of these requests under way', retryAfterSeconds: 1 },
      );
    }
    if (this.running >= this.most.inAll)
      throw new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 });
    this.byUser.set(userId, own + 1);
    this.running += 1;
    return () => {
      this.running -= 1;
      const left = this.byUser.get(userId)! - 1;
      if (left === 0) this.byUser.delete(userId);
      else this.byUser.set(userId, left);
    };
  }
}
