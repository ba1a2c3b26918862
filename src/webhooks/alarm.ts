/** Wakes a waiting loop. A ring while the loop is not waiting ends its next wait, so that none is missed. */
export class Alarm {
  private rung = false;
  private wake: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** Rings after a delay. Only the earliest timer is kept, since the loop takes everything that is due when it wakes. */
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

  /** Waits until a ring, for `ms` at most. */
  async wait(ms: number): Promise<void> {
    if (!this.rung) await this.sleep(ms);
    this.rung = false;
  }

  /** Waits for `ms` regardless of rings, unless `ended` returns true. */
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
