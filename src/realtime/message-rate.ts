/** A token bucket: a burst, then a number of tokens a second. */
export class MessageRate {
  private tokens: number;
  private at: number;
  private refusedAt = 0;
  private run = 0;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.tokens = burst;
    this.at = clock();
  }

  /** Takes one token, or the cost of a message. @returns false when too few are left */
  take(cost = 1): boolean {
    const now = this.refill();
    if (this.tokens >= cost) {
      this.tokens -= cost;
      return true;
    }
    this.run = now - this.refusedAt < 1000 ? this.run + cost : cost;
    this.refusedAt = now;
    return false;
  }

  /** Takes tokens for work that is done already. The count may become negative, so that further messages are refused until it recovers. */
  charge(cost: number): void {
    this.refill();
    this.tokens = Math.max(-this.burst, this.tokens - cost);
  }

  private refill(): number {
    const now = this.clock();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.perSecond);
    this.at = now;
    return now;
  }

  /** The cost of the messages that were refused with less than a second between them. */
  get refused(): number {
    return this.run;
  }
}
