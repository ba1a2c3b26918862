import type { Socket } from 'socket.io';
import type { Unread } from '../request-limits/unread-bytes.js';
import type { Message } from './message.js';
import type { Peer } from './peer.js';

type Packet = { type: string; data?: string | Buffer };
type Transport = { once(name: 'drain', listener: () => void): void };

/** A client that speaks socket.io, over whichever transport it found. */
export class SocketIoPeer implements Peer {
  readonly gone: Promise<void>;
  private waiting = 0;
  private pingedAt = 0;

  constructor(
    private readonly socket: Socket,
    readonly unread: Unread,
    private readonly answered: (milliseconds: number) => void,
  ) {
    const { conn } = socket;
    this.gone = new Promise((resolve) => conn.once('close', () => resolve()));
    conn.once('close', () => unread.close());
    conn.on('packetCreate', ({ type, data }: Packet) => {
      const bytes = data === undefined ? 0 : Buffer.byteLength(data);
      this.waiting += bytes;
      unread.add(bytes);
      if (type === 'ping') this.pingedAt = performance.now();
    });
    // what waits in engine.io leaves in one batch, and the next batch leaves only after the transport has taken this one
    conn.on('flush', () => {
      const bytes = this.waiting;
      this.waiting = 0;
      (conn.transport as unknown as Transport).once('drain', () => unread.remove(bytes));
    });
    conn.on('packet', ({ type }: Packet) => {
      if (type === 'pong') this.answered(performance.now() - this.pingedAt);
    });
  }

  /** The event has the name of the message's type; its one argument is the message. */
  send({ body }: Message): void {
    this.socket.emit(body.type, body);
  }

  /** socket.io has no close codes: the client has been told why by an `error`. */
  close(code: number): void {
    // a client that is told to leave does not come back by itself, one that loses the connection does
    if (code >= 4000) this.socket.disconnect(true);
    else this.socket.conn.close();
  }

  terminate(): void {
    this.socket.conn.close(true);
  }
}
