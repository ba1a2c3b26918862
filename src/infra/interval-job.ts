/** Work in the background that is done now and then, one round after the other. */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  /** @param work one round; it must not throw, and ends soon after the signal */
  constructor(private readonly work: (signal: AbortSignal) => Promise<void>) {}

  /** Begins, at once or after the first interval; a tenth more or less each time, so that processes which started together do not all work at the same moment. */
  start(everyMs: number, { atOnce = false } = {}): void {
    if (atOnce) this.running = this.round();
    this.timer = setInterval(
      () => void (this.running ??= this.round()),
      everyMs * (0.9 + Math.random() * 0.2),
    );
  }

  /** Begins no more rounds, and waits for the one that is under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    await this.running;
  }

  private async round(): Promise<void> {
    await this.work(this.stopping.signal);
    this.running = undefined;
  }
}
