import { LiveWindow, type WindowBudget } from './live-window.js';
import type { OutputFrame, OutputMessage } from './output-frame.js';

/** The most bytes of one execution that are kept for its readers. */
const windowBytes = 8 * 1024 * 1024;
/** Readers check the store after this time without a message, since the message about the end may have been lost. */
const silenceMs = 10_000;

/** The offset up to which a reader has read. */
export interface ReadCursor {
  position: number;
}

/** The live output of one execution, as received over the bus while there are readers in this process. */
export class LiveOutput {
  /** The offset up to which the output is stored without a gap, according to the last message. */
  storedTo = 0;
  /** Counts the requests to read the store; see `requestStoreRead`. */
  storeReadRequests = 0;
  readonly cursors = new Set<ReadCursor>();
  private readonly window: LiveWindow;
  private readonly timer: NodeJS.Timeout;
  private readonly waitingForAny: (() => void)[] = [];
  private readonly waitingForStore: (() => void)[] = [];

  /** @param requestResend makes the recorder send the frames again that are not stored yet */
  constructor(
    budget: WindowBudget,
    readonly requestResend: () => void,
  ) {
    this.window = new LiveWindow(windowBytes, budget);
    this.timer = setInterval(() => this.requestStoreRead(), silenceMs);
  }

  /** Processes a message of the recorder. */
  receive(message: OutputMessage): void {
    if ('frame' in message) {
      this.window.dropBefore(Math.min(...[...this.cursors].map(({ position }) => position)));
      const wasReset = this.window.push(message.frame);
      release(this.waitingForAny);
      if (wasReset) release(this.waitingForStore);
    } else {
      this.storedTo = Math.max(this.storedTo, message.storedTo);
      this.wake();
    }
    this.timer.refresh();
  }

  /** Finds the live frame that contains the byte at an offset. */
  at(offset: number): OutputFrame | undefined {
    return this.window.at(offset);
  }

  /** Checks whether the byte at an offset has left the window. */
  hasPassed(offset: number): boolean {
    return this.window.hasPassed(offset);
  }

  /** Makes every reader read the store, for events whose result only the store knows, such as the end or lost messages. */
  requestStoreRead(): void {
    this.storeReadRequests += 1;
    this.wake();
  }

  wake(): void {
    release(this.waitingForAny);
    release(this.waitingForStore);
  }

  /** Resolves with the next message; it may also resolve without one. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waitingForAny.push(resolve));
  }

  /**
   * Resolves when more output is stored or sent again, so that a reader that waits for this is not woken by every frame; it may also
   * resolve without a reason.
   * @returns false when the time is over
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
