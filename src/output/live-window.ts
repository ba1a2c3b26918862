import type { OutputFrame } from './output-frame.js';

/** What a frame takes beside its content, about: a million frames of one byte are not a million bytes. */
const overheadBytes = 256;
const sizeOf = (frame: OutputFrame) => frame.content.length + overheadBytes;
const endOf = (frame: OutputFrame) => frame.offset + frame.content.length;

/** Bytes that windows hold together, and may. */
export class WindowBudget {
  used = 0;

  constructor(readonly bytes: number) {}
}

/**
 * The newest frames of one execution, without a gap between them, for all its readers in this process. It holds a bounded number
 * of bytes: a reader whose place has left it goes on from the store until it has caught up.
 */
export class LiveWindow {
  private frames: OutputFrame[] = [];
  private bytes = 0;

  /**
   * @param maxBytes how much it may hold
   * @param budget how much it may hold together with others; the newest frame is held whatever the others hold
   */
  constructor(
    private readonly maxBytes: number,
    private readonly budget: WindowBudget,
  ) {}

  /** @returns true when it begins anew, because the frame does not follow the newest one */
  push(frame: OutputFrame): boolean {
    const newest = this.frames.at(-1);
    const isApart = newest !== undefined && endOf(newest) !== frame.offset;
    if (isApart) this.clear();
    this.frames.push(frame);
    this.count(sizeOf(frame));
    while (this.frames.length > 1 && this.isTooMuch()) this.dropOldest();
    return isApart;
  }

  /** The frame that holds the byte at an offset; undefined when it is not here. */
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

  /** True when the byte at an offset is not here, but a later one is. */
  hasPassed(offset: number): boolean {
    const [oldest] = this.frames;
    return oldest !== undefined && offset < oldest.offset;
  }

  /** Lets go of the frames that end at an offset or before it. */
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
