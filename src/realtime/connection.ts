import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { closeCodes, limits } from './limits.js';
import { MessageRate } from './message-rate.js';
import { errorMessage, type Message, type Reply } from './message.js';
import type { RawMessage } from './message-access.js';
import type { Peer } from './peer.js';
import { SerialQueue } from './serial-queue.js';
import type { Subscription } from './subscription.js';

export type MessageHandler = (message: RawMessage, reply: Reply) => Promise<void>;

/** One connection of a client: who it is, what it listens to, and what it has asked for. */
export class Connection {
  /** Who it speaks for. */
  identity: Actor | undefined;
  /** Calls off the end that comes with its token. */
  cancelEnd: () => void = () => undefined;
  /** By the key of what they are about. */
  readonly subscriptions = new Map<string, Subscription>();
  /** What handles its messages, by type. */
  readonly handlers = new Map<string, MessageHandler>();
  readonly rate = new MessageRate(limits.messagesPerSecond, limits.messageBurst);
  /** Messages are handled one after the other, so that clients may send the next without waiting for an answer. */
  readonly messages = new SerialQueue(limits.pending);
  /** What is answered without waiting for the messages before it. */
  readonly immediate = new SerialQueue(limits.pending);
  private readonly ending = new AbortController();

  failedAuthentications = 0;

  constructor(
    readonly peer: Peer,
    /** The last part of the address. */
    readonly sessionId: string | null,
    /** Ends its place among those that have not signed in. */
    readonly signedIn: () => void,
  ) {}

  /** Aborted when the connection is closed, by whichever side. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  get closed(): boolean {
    return this.ending.signal.aborted;
  }

  /** Sends at once. A peer that does not read is cut off before it fills the memory. */
  send(message: Message): void {
    if (this.closed) return;
    if (this.peer.unread.bytes > limits.eventBufferBytes) this.end(closeCodes.tooSlow, 'reads too slowly');
    else this.peer.send(message);
  }

  /** Tells the client why, and closes. */
  refuse(closeCode: number, error: AppError): void {
    this.send(errorMessage(error));
    this.end(closeCode, error.message);
  }

  end(closeCode: number, reason: string): void {
    this.peer.close(closeCode, reason);
    this.gone();
  }

  /** To be called when the peer is gone. */
  gone(): void {
    this.cancelEnd();
    this.ending.abort();
  }
}
