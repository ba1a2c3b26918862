/** Runs work one piece after the other. */
export class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private pending = 0;

  /** @param maxPending the most pieces that may wait or run at once */
  constructor(private readonly maxPending: number) {}

  /**
   * Adds work, which must not reject.
   * @returns false when the queue is full
   */
  add(work: () => Promise<unknown> | void): boolean {
    if (this.pending >= this.maxPending) return false;
    this.pending += 1;
    this.tail = this.tail.then(work).finally(() => (this.pending -= 1));
    return true;
  }
}
