/** Does one thing after the other. */
export class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private pending = 0;

  /** @param most how many may wait or be under way at once */
  constructor(private readonly most: number) {}

  /**
   * Adds work, which must not reject.
   * @returns false when too much is pending already
   */
  add(work: () => Promise<unknown> | void): boolean {
    if (this.pending >= this.most) return false;
    this.pending += 1;
    this.tail = this.tail.then(work).finally(() => (this.pending -= 1));
    return true;
  }
}
