/**
 * Work that takes account of all that happened before it began: however often it is asked for while it goes on, it is done once more.
 */
export class Coalesced {
  private isRequested = false;
  private isRunning = false;

  /** @param work must not reject */
  constructor(private readonly work: () => Promise<void>) {}

  request(): void {
    this.isRequested = true;
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.isRequested) {
      this.isRequested = false;
      await this.work();
    }
    this.isRunning = false;
  }
}
