/** A background job that runs at intervals, never twice at a time. */
export class IntervalJob {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  /** @param work a run of the job; it must not throw, and must end soon after the signal */
  constructor(private readonly work: (signal: AbortSignal) => Promise<void>) {}

  /** Starts the job, immediately or after the first interval, which varies by 10 % so that processes do not all run it together. */
  start(everyMs: number, { atOnce = false } = {}): void {
    if (atOnce) this.running = this.run();
    this.timer = setInterval(() => void (this.running ??= this.run()), everyMs * (0.9 + Math.random() * 0.2));
  }

  /** Runs the job now, unless it is running. */
  wake(): void {
    if (!this.stopping.signal.aborted) this.running ??= this.run();
  }

  /** Stops the job and waits for its current run. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    await this.work(this.stopping.signal);
    this.running = undefined;
  }
}
