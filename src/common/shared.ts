/** Shares one pending look-up among all callers that ask while it is under way. */
export class Shared<T> {
  private pending: Promise<T> | undefined;

  constructor(private readonly find: () => Promise<T>) {}

  ask(): Promise<T> {
    return (this.pending ??= this.find().finally(() => (this.pending = undefined)));
  }
}

/** Shares what was found among all callers that ask within a time of the beginning of the look-up; a failure is not kept. */
export class SharedFor<T> {
  private found: Promise<T> | undefined;
  private begunAt = -Infinity;

  /** @param ms the time in milliseconds */
  constructor(
    private readonly ms: number,
    private readonly find: () => Promise<T>,
  ) {}

  ask(): Promise<T> {
    if (this.found === undefined || performance.now() - this.begunAt > this.ms) {
      this.begunAt = performance.now();
      const found = this.find();
      this.found = found;
      found.catch(() => {
        if (this.found === found) this.found = undefined;
      });
    }
    return this.found;
  }
}
