/** A token bucket: a burst, then so many a second. */
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

  /** Takes one, or what a message costs; false when so many are not left. */
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

  /** Takes what has been used already, though it may not be left: who goes on is refused until it has come again. */
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

  /** How many were refused with less than a second between them. */
  get refused(): number {
    return this.run;
  }
}
