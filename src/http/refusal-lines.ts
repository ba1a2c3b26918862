import type { Logger } from '../common/logger.js';

/** The most log lines a second for refused requests, so that a flood of requests does not flood the log. */
const maxPerSecond = 20;

/** Bounds the log lines of refused requests; the requests without a line are summed up in one. */
export class RefusalLines {
  private refused = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly logger: Logger) {}

  /** Counts a refused request. @returns true when it gets a log line of its own */
  take(): boolean {
    this.timer ??= setTimeout(() => this.sumUp(), 1000).unref();
    this.refused += 1;
    return this.refused <= maxPerSecond;
  }

  private sumUp(): void {
    const requests = this.refused - maxPerSecond;
    this.refused = 0;
    this.timer = undefined;
    if (requests > 0) this.logger.info({ requests }, 'more requests were refused');
  }
}
