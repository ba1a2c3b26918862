/** The timeout is split into this many intervals: a machine that was suspended as a whole loses one of them at most. */
const INTERVALS = 5;

/** Calls back when no heartbeat has arrived within the timeout that the previous one announced. */
export class HeartbeatMonitor {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly onTimeout: () => void) {}

  /** @param timeoutMs the longest time until the next heartbeat, in milliseconds; less than 1 ms counts as 1 ms */
  onHeartbeat(timeoutMs: number): void {
    clearInterval(this.timer);
    let intervals = 0;
    this.timer = setInterval(
      () => {
        intervals += 1;
        if (intervals < INTERVALS) return;
        clearInterval(this.timer);
        this.onTimeout();
      },
      Math.max(1, timeoutMs / INTERVALS),
    );
  }
}
