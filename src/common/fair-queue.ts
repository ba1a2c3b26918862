/**
 * A round-robin queue of users, in which the queued work of one user delays another by one piece of work. It holds work for somebody who
 * takes it when ready, such as a thread that may be restarted; work that runs itself when its turn comes uses `TurnsPerUser`.
 */
export class FairQueue<T> {
  /** The queued work of each user, in the order of their next turns; users without queued work are removed. */
  private readonly byUser = new Map<string, T[]>();

  /** @param mostPerUser the most pieces of work that one user may have queued */
  constructor(private readonly mostPerUser: number) {}

  /** Queues a piece of work. @returns false when the user's queue is full */
  add(userId: string, item: T): boolean {
    const waiting = this.byUser.get(userId) ?? [];
    if (waiting.length >= this.mostPerUser) return false;
    waiting.push(item);
    this.byUser.set(userId, waiting);
    return true;
  }

  /** Removes and returns the next piece of work, and moves its user to the end of the queue. */
  take(): T | undefined {
    for (const [userId, waiting] of this.byUser) {
      const item = waiting.shift();
      this.byUser.delete(userId);
      if (waiting.length > 0) this.byUser.set(userId, waiting);
      return item;
    }
    return undefined;
  }
}
