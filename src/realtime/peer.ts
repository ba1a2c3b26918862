import type { Message } from './message.js';

/** The far end of a connection, whatever the transport. */
export interface Peer {
  /** Bytes that were sent and have not left this process; an estimate is enough. */
  readonly buffered: number;
  send(message: Message): void;
  /** Resolves when some of what is buffered has left, and at once when the connection is closed. */
  drained(): Promise<void>;
  /** Resolves when the connection is closed, by whichever side. */
  readonly gone: Promise<void>;
  /** Closes in order, after what is buffered; further calls do nothing. */
  close(code: number, reason: string): void;
  /** Closes at once. */
  terminate(): void;
}
