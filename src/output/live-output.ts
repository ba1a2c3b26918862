import { LiveWindow, type WindowBudget } from './live-window.js';
import type { OutputFrame, OutputMessage } from './output-frame.js';

/** What one execution may have waiting for its readers. */
const windowBytes = 8 * 1024 * 1024;
/** A lost word about the end costs this much. */
const quietMs = 10_000;

/** Where one reader is. */
export interface Place {
  position: number;
}

/** What is heard of one execution's output while somebody in this process reads it. */
export class LiveOutput {
  /** Up to here the output is stored without a gap, as far as was heard. */
  storedTo = 0;
  /** How often something happened of which only the store knows what. */
  hints = 0;
  readonly places = new Set<Place>();
  private readonly window: LiveWindow;
  private readonly timer: NodeJS.Timeout;
  private readonly waitingForAny: (() => void)[] = [];
  private readonly waitingForStore: (() => void)[] = [];

  /** @param askAgain has what is not stored yet said again */
  constructor(
    budget: WindowBudget,
    readonly askAgain: () => void,
  ) {
    this.window = new LiveWindow(windowBytes, budget);
    this.timer = setInterval(() => this.hint(), quietMs);
  }

  /** Takes a message of the recorder. */
  hear(message: OutputMessage): void {
    if ('frame' in message) {
      this.window.dropBefore(Math.min(...[...this.places].map(({ position }) => position)));
      const beginsAnew = this.window.push(message.frame);
      release(this.waitingForAny);
      if (beginsAnew) release(this.waitingForStore);
    } else {
      this.storedTo = Math.max(this.storedTo, message.storedTo);
      this.wake();
    }
    this.timer.refresh();
  }

  /** The live frame that holds the byte at an offset. */
  at(offset: number): OutputFrame | undefined {
    return this.window.at(offset);
  }

  /** True when the byte at an offset went by. */
  hasPassed(offset: number): boolean {
    return this.window.hasPassed(offset);
  }

  /** Has every reader look at the store. */
  hint(): void {
    this.hints += 1;
    this.wake();
  }

  wake(): void {
    release(this.waitingForAny);
    release(this.waitingForStore);
  }

  /** Resolves when something was heard, and perhaps without a reason. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waitingForAny.push(resolve));
  }

  /**
   * Resolves when more is stored or said again, and perhaps without a reason: who waits for that must not wake up for every frame.
   * @returns false when nothing was heard in that time
   */
  storedMore(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.waitingForStore.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  close(): void {
    clearInterval(this.timer);
    this.window.clear();
  }
}

function release(waiting: (() => void)[]): void {
  for (const resolve of waiting.splice(0)) resolve();
}
