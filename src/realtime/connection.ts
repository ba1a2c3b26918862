import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { closeCodes, limits } from './limits.js';
import { MessageRate } from './message-rate.js';
import { errorMessage, type ServerMessage, type Reply } from './server-message.js';
import type { RawMessage } from './message-access.js';
import type { Peer } from './peer.js';
import { SerialQueue } from './serial-queue.js';
import type { Subscription } from './subscription.js';

export type MessageHandler = (message: RawMessage, reply: Reply) => Promise<void>;

/** One connection of a client: its identity, its subscriptions and its pending messages. */
export class Connection {
  /** The authenticated user; undefined before authentication. */
  identity: Actor | undefined;
  /** Cancels the timer that closes the connection when its token expires. */
  cancelExpiry: () => void = () => undefined;
  /** Subscriptions by their `key`. */
  readonly subscriptions = new Map<string, Subscription>();
  /** Handlers of the connection's messages, by type. */
  readonly handlers = new Map<string, MessageHandler>();
  readonly rate = new MessageRate(limits.messagesPerSecond, limits.messageBurst);
  /** Messages are handled one after the other, so that clients may send the next without waiting for an answer. */
  readonly messages = new SerialQueue(limits.pending);
  /** Answers that do not wait for the messages before them, such as those to `ping`. */
  readonly immediate = new SerialQueue(limits.pending);
  private readonly ending = new AbortController();

  failedAuthentications = 0;

  constructor(
    readonly peer: Peer,
    /** The session that the client names: the last segment of a WebSocket URL, or `session_id` in the socket.io handshake. */
    readonly sessionId: string | null,
    /** Ends the connection's place among those that have not authenticated. */
    readonly signedIn: () => void,
  ) {}

  /** Aborted when the connection is closed, by whichever side. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  get closed(): boolean {
    return this.ending.signal.aborted;
  }

  /** Sends a message at once. A peer that does not read is disconnected before it fills the memory. */
  send(message: ServerMessage): void {
    if (this.closed) return;
    if (this.peer.unread.bytes > limits.eventBufferBytes) this.end(closeCodes.tooSlow, 'reads too slowly');
    else this.peer.send(message);
  }

  /** Sends the error to the client and closes the connection. */
  refuse(closeCode: number, error: AppError): void {
    this.send(errorMessage(error));
    this.end(closeCode, error.message);
  }

  end(closeCode: number, reason: string): void {
    this.peer.close(closeCode, reason);
    this.onClosed();
  }

  /** Releases what the connection holds; the transports call it when the peer has closed. */
  onClosed(): void {
    this.cancelExpiry();
    this.ending.abort();
  }
}
