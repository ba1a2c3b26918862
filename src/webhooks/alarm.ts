/** Wakes one sleeper: a ring while nobody sleeps is kept for the next sleep, so that none is missed. */
export class Alarm {
  private rung = false;
  private wake: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** Rings after a while; only the earliest such wish is kept, since whoever wakes looks for everything. */
  ringIn(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(
      () => {
        this.timerAt = Infinity;
        this.ring();
      },
      Math.min(ms, 2 ** 31 - 1),
    ).unref();
  }

  /** Sleeps until a ring, but not longer than `ms`. */
  async wait(ms: number): Promise<void> {
    if (!this.rung) await this.sleep(ms);
    this.rung = false;
  }

  /** Sleeps for `ms`, whatever rings, unless `ended`. */
  async pause(ms: number, ended: () => boolean): Promise<void> {
    const until = performance.now() + ms;
    for (let left = ms; left > 0 && !ended(); left = until - performance.now()) await this.sleep(left);
  }

  private async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}
