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

  /** Takes one; false when none is left. */
  take(): boolean {
    const now = this.clock();
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.at) / 1000) * this.perSecond);
    this.at = now;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return true;
    }
    this.run = now - this.refusedAt < 1000 ? this.run + 1 : 1;
    this.refusedAt = now;
    return false;
  }

  /** How many were refused with less than a second between them. */
  get refused(): number {
    return this.run;
  }
}
