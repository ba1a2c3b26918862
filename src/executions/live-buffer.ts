import type { OutputFrame } from './output-frame.js';

/** What a frame takes beside its content, about: a million frames of one byte are not a million bytes. */
const overheadBytes = 256;
const sizeOf = (frame: OutputFrame) => frame.content.length + overheadBytes;

/**
 * Frames that arrived live and wait for a reader. It holds a bounded number of bytes: a reader that falls further behind
 * loses them and goes on from the store.
 */
export class LiveBuffer {
  private frames: OutputFrame[] = [];
  private bytes = 0;
  private wakeUp: (() => void) | undefined;
  private onlyStored = false;

  /** True when the store has to be asked before the frames here mean anything. */
  behind = true;

  constructor(private readonly maxBytes: number) {}

  push(frame: OutputFrame): void {
    this.bytes += sizeOf(frame);
    if (this.bytes > this.maxBytes) {
      this.frames = [];
      this.bytes = 0;
      this.behind = true;
    } else {
      this.frames.push(frame);
    }
    // who waits for the store to fill a gap must not ask it again for every frame
    if (!this.onlyStored) this.wake();
  }

  /** The oldest frame, without taking it. */
  peek(): OutputFrame | undefined {
    return this.frames[0];
  }

  take(): void {
    const frame = this.frames.shift();
    if (frame) this.bytes -= sizeOf(frame);
  }

  lookBehind(): void {
    this.behind = true;
    this.wake();
  }

  wake(): void {
    this.wakeUp?.();
    this.wakeUp = undefined;
  }

  /**
   * Resolves when something happened, or after a time.
   * @param onlyStored true to sleep through frames, until more is stored
   */
  wait(ms: number, onlyStored = false): Promise<void> {
    this.onlyStored = onlyStored;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
