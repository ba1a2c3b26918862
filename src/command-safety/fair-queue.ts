/** A queue in which users take turns, so that what one of them has waiting delays another by one piece of work. */
export class FairQueue<T> {
  /** In the order of their next turns; nobody is in it without something that waits. */
  private readonly byUser = new Map<string, T[]>();

  /** @param mostPerUser how much one user may have waiting */
  constructor(private readonly mostPerUser: number) {}

  /** @returns false when the user has as much waiting as allowed */
  add(userId: string, item: T): boolean {
    const waiting = this.byUser.get(userId) ?? [];
    if (waiting.length >= this.mostPerUser) return false;
    waiting.push(item);
    this.byUser.set(userId, waiting);
    return true;
  }

  /** Takes what comes next; its user's turn is then the last one. */
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
