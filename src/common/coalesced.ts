/**
 * Coalesces requests for work that covers everything before its start: however often it is requested while it runs, it runs once more.
 */
export class Coalesced {
  private isRequested = false;
  private isRunning = false;

  /** @param work must not reject; if it does all the same, the next request runs it again */
  constructor(private readonly work: () => Promise<void>) {}

  request(): void {
    this.isRequested = true;
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    try {
      while (this.isRequested) {
        this.isRequested = false;
        await this.work();
      }
    } finally {
      this.isRunning = false;
    }
  }
}
