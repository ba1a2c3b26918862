/** The longest uninterrupted piece of work: the launcher starts and ends the runs of all users in one thread. */
const SLICE_MS = 2;

/** Splits long work into slices, between which the event loop runs, and counts the processor time of the work. */
export class Slices {
  private endsAt = performance.now() + SLICE_MS;
  private begun = process.cpuUsage();
  private microseconds = 0;

  /** Whether it is time to `rest`. */
  get isOver(): boolean {
    return performance.now() >= this.endsAt;
  }

  /** Resolves when the event loop has run everything else that was ready. */
  async rest(): Promise<void> {
    this.count();
    await new Promise((resolve) => setImmediate(resolve));
    this.begun = process.cpuUsage();
    this.endsAt = performance.now() + SLICE_MS;
  }

  /** The processor time of the work so far. On a busy machine the wall-clock time would be a multiple of it. */
  get cpuMs(): number {
    this.count();
    return this.microseconds / 1000;
  }

  private count(): void {
    const { user, system } = process.cpuUsage(this.begun);
    this.microseconds += user + system;
    this.begun = process.cpuUsage();
  }
}
