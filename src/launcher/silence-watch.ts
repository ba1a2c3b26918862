/** A silence is measured in so many parts, so that a machine that stood still as a whole counts as one of them at most. */
const PARTS = 5;

/** Notices that somebody who was to be heard of from time to time is silent. */
export class SilenceWatch {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly onSilence: () => void) {}

  /** @param forMs how long the silence from here on may be; a time that is over already is one of 1 ms */
  heard(forMs: number): void {
    clearInterval(this.timer);
    let parts = 0;
    this.timer = setInterval(
      () => {
        parts += 1;
        if (parts < PARTS) return;
        clearInterval(this.timer);
        this.onSilence();
      },
      Math.max(1, forMs / PARTS),
    );
  }
}
