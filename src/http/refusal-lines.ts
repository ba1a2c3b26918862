import type { Logger } from '../common/logger.js';

/** Lines a second about requests that were refused: each of a flood of them would otherwise cost a line. */
const mostASecond = 20;

/** Bounds the log of refused requests; what is left out is counted in one line. */
export class RefusalLines {
  private refused = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly logger: Logger) {}

  /** Counts a refused request. @returns whether it gets a line of its own */
  take(): boolean {
    this.timer ??= setTimeout(() => this.sumUp(), 1000).unref();
    this.refused += 1;
    return this.refused <= mostASecond;
  }

  private sumUp(): void {
    const requests = this.refused - mostASecond;
    this.refused = 0;
    this.timer = undefined;
    if (requests > 0) this.logger.info({ requests }, 'more requests were refused');
  }
}
