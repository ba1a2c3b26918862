import type { Unread } from '../request-limits/unread-bytes.js';
import type { Message } from './message.js';

/** The far end of a connection, whatever the transport. */
export interface Peer {
  /** Counts what was sent and has not left this process. */
  readonly unread: Unread;
  send(message: Message): void;
  /** Resolves when the connection is closed, by whichever side. */
  readonly gone: Promise<void>;
  /** Closes in order, after what is buffered; further calls do nothing. */
  close(code: number, reason: string): void;
  /** Closes at once. */
  terminate(): void;
}
