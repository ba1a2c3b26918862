/** The launcher starts and ends the runs of all users in one thread, so nothing of it may last longer in one piece. */
const SLICE_MS = 2;

/** Long work in short pieces, between which everything else has its turn. Counts what processor time the work takes. */
export class Slices {
  private endsAt = performance.now() + SLICE_MS;
  private begun = process.cpuUsage();
  private microseconds = 0;

  /** Whether it is time to `rest`. */
  get isOver(): boolean {
    return performance.now() >= this.endsAt;
  }

  /** Resolves when everything else that was ready has had its turn. */
  async rest(): Promise<void> {
    this.count();
    await new Promise((resolve) => setImmediate(resolve));
    this.begun = process.cpuUsage();
    this.endsAt = performance.now() + SLICE_MS;
  }

  /** The processor time of the work so far. On a busy machine the time by the clock would be a multiple of it. */
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
