/**
 * Work that takes account of all that happened before it began: however often it is asked for while it goes on, it is done once more.
 */
export class Coalesced {
  private isAsked = false;
  private isRunning = false;

  /** @param work must not reject */
  constructor(private readonly work: () => Promise<void>) {}

  ask(): void {
    this.isAsked = true;
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.isAsked) {
      this.isAsked = false;
      await this.work();
    }
    this.isRunning = false;
  }
}
