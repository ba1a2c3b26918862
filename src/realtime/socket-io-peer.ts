import type { Socket } from 'socket.io';
import type { Message } from './message.js';
import type { Peer } from './peer.js';

/** engine.io tells when a batch has left; where it does not, as when it changes the transport, this long is waited. */
const patienceMs = 50;

type Packet = { type: string; data?: string | Buffer };
type Transport = {
  once(name: 'drain', listener: () => void): void;
  off(name: 'drain', listener: () => void): void;
};
type WithSocket = { socket?: { bufferedAmount?: number } };

/** A client that speaks socket.io, over whichever transport it found. */
export class SocketIoPeer implements Peer {
  readonly gone: Promise<void>;
  private waiting = 0;
  private pingedAt = 0;

  constructor(
    private readonly socket: Socket,
    private readonly answered: (milliseconds: number) => void,
  ) {
    const { conn } = socket;
    this.gone = new Promise((resolve) => conn.once('close', () => resolve()));
    // the packets that wait in engine.io are counted as they come: adding them up for every message would be quadratic
    conn.on('packetCreate', ({ type, data }: Packet) => {
      this.waiting += data?.length ?? 0;
      if (type === 'ping') this.pingedAt = performance.now();
    });
    conn.on('flush', () => (this.waiting = 0));
    conn.on('packet', ({ type }: Packet) => {
      if (type === 'pong') this.answered(performance.now() - this.pingedAt);
    });
  }

  get buffered(): number {
    const { socket } = this.socket.conn.transport as unknown as WithSocket;
    return this.waiting + (socket?.bufferedAmount ?? 0);
  }

  /** The event has the name of the message's type; its one argument is the message. */
  send({ body }: Message): void {
    this.socket.emit(body.type, body);
  }

  drained(): Promise<void> {
    const transport = this.socket.conn.transport as unknown as Transport;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        transport.off('drain', done);
        resolve();
      };
      const timer = setTimeout(done, patienceMs);
      transport.once('drain', done);
    });
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
