import type { Socket } from 'socket.io';
import type { Unread } from '../request-limits/unread-bytes.js';
import type { ServerMessage } from './server-message.js';
import type { Peer } from './peer.js';

type Packet = { type: string; data?: string | Buffer };
type Transport = { once(name: 'drain', listener: () => void): void };

/** A client that uses socket.io, over WebSocket or HTTP long-polling. */
export class SocketIoPeer implements Peer {
  readonly closed: Promise<void>;
  private waiting = 0;
  private pingedAt = 0;

  constructor(
    private readonly socket: Socket,
    readonly unread: Unread,
    private readonly onPong: (milliseconds: number) => void,
  ) {
    const { conn } = socket;
    this.closed = new Promise((resolve) => conn.once('close', () => resolve()));
    conn.once('close', () => unread.close());
    conn.on('packetCreate', ({ type, data }: Packet) => {
      const bytes = data === undefined ? 0 : Buffer.byteLength(data);
      this.waiting += bytes;
      unread.add(bytes);
      if (type === 'ping') this.pingedAt = performance.now();
    });
    // engine.io sends buffered packets in one batch, and the next batch only after the transport has drained this one.
    conn.on('flush', () => {
      const bytes = this.waiting;
      this.waiting = 0;
      (conn.transport as unknown as Transport).once('drain', () => unread.remove(bytes));
    });
    conn.on('packet', ({ type }: Packet) => {
      if (type === 'pong') this.onPong(performance.now() - this.pingedAt);
    });
  }

  /** Emits an event that is named after the message's type and has the message as its one argument. */
  send({ body }: ServerMessage): void {
    this.socket.emit(body.type, body);
  }

  /** Closes without a code, which socket.io does not have; the client has received an `error` with the reason. */
  close(code: number): void {
    // A client of socket.io does not reconnect after a disconnect by the server, but does after losing the connection.
    if (code >= 4000) this.socket.disconnect(true);
    else this.socket.conn.close();
  }

  terminate(): void {
    this.socket.conn.close(true);
  }
}
