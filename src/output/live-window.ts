import type { OutputFrame } from './output-frame.js';

/** The approximate memory of a frame besides its content, so that a million frames of one byte do not count as a million bytes. */
const overheadBytes = 256;
const sizeOf = (frame: OutputFrame) => frame.content.length + overheadBytes;
const endOf = (frame: OutputFrame) => frame.offset + frame.content.length;

/** The bytes that several windows together hold, and their limit. */
export class WindowBudget {
  used = 0;

  constructor(readonly bytes: number) {}
}

/**
 * The newest frames of one execution, without a gap, for all its readers in this process. Its size is bounded: a reader whose position
 * has left the window continues from the store until it has caught up.
 */
export class LiveWindow {
  private frames: OutputFrame[] = [];
  private bytes = 0;

  /**
   * @param maxBytes the most bytes that the window holds
   * @param budget the limit of all windows together; the newest frame is kept even beyond it
   */
  constructor(
    private readonly maxBytes: number,
    private readonly budget: WindowBudget,
  ) {}

  /** Appends a frame. @returns true when the window was cleared, since the frame does not follow the newest one */
  push(frame: OutputFrame): boolean {
    const newest = this.frames.at(-1);
    const isDetached = newest !== undefined && endOf(newest) !== frame.offset;
    if (isDetached) this.clear();
    this.frames.push(frame);
    this.count(sizeOf(frame));
    while (this.frames.length > 1 && this.isTooMuch()) this.dropOldest();
    return isDetached;
  }

  /** Finds the frame that contains the byte at an offset. @returns undefined when the byte is not in the window */
  at(offset: number): OutputFrame | undefined {
    let [low, high] = [0, this.frames.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const frame = this.frames[middle]!;
      if (offset < frame.offset) high = middle - 1;
      else if (offset >= endOf(frame)) low = middle + 1;
      else return frame;
    }
    return undefined;
  }

  /** Checks whether the byte at an offset is before the window. */
  hasPassed(offset: number): boolean {
    const [oldest] = this.frames;
    return oldest !== undefined && offset < oldest.offset;
  }

  /** Drops the frames that end at an offset or before it. */
  dropBefore(offset: number): void {
    for (let [oldest] = this.frames; oldest && endOf(oldest) <= offset; [oldest] = this.frames)
      this.dropOldest();
  }

  clear(): void {
    this.count(-this.bytes);
    this.frames = [];
  }

  private isTooMuch(): boolean {
    return this.bytes > this.maxBytes || this.budget.used > this.budget.bytes;
  }

  private dropOldest(): void {
    const oldest = this.frames.shift();
    if (oldest) this.count(-sizeOf(oldest));
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    this.budget.used += bytes;
  }
}
