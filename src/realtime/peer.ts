import type { Unread } from '../request-limits/unread-bytes.js';
import type { ServerMessage } from './server-message.js';

/** The remote end of a connection, over either transport. */
export interface Peer {
  /** Counts the bytes that were sent and have not left this process. */
  readonly unread: Unread;
  send(message: ServerMessage): void;
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
  /** Closes cleanly, after buffered messages; further calls do nothing. */
  close(code: number, reason: string): void;
  /** Closes at once. */
  terminate(): void;
}
