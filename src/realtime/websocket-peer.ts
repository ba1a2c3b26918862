import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Unread } from '../request-limits/unread-bytes.js';
import { cutOff } from './bounded-websocket-server.js';
import { closeCodes } from './limits.js';
import type { ServerMessage } from './server-message.js';
import type { Peer } from './peer.js';

/** The longest reason a close frame can carry (RFC 6455 §5.5). */
const maxReasonBytes = 123;

/** A client that uses plain WebSocket. */
export class WebSocketPeer implements Peer {
  readonly closed: Promise<void>;
  private corked = false;
  private isAlive = true;
  private bytesLeftBefore = 0;
  private pingedAt = 0;

  constructor(
    private readonly ws: WebSocket,
    private readonly socket: Socket,
    readonly unread: Unread,
    private readonly onPong: (milliseconds: number) => void,
  ) {
    this.closed = new Promise((resolve) => ws.once('close', () => resolve()));
    ws.once('close', () => unread.close());
    ws.on('pong', () => {
      this.isAlive = true;
      this.onPong(performance.now() - this.pingedAt);
    });
  }

  send(message: ServerMessage): void {
    // Messages that are sent in the same tick leave in one write.
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      process.nextTick(() => {
        this.corked = false;
        this.socket.uncork();
      });
    }
    const { bytes } = message;
    this.ws.send(bytes, { binary: false }, () => this.unread.remove(bytes.length));
    this.unread.add(bytes.length);
  }

  close(code: number, reason: string): void {
    if (code === closeCodes.tooMany) cutOff(this.ws, reason);
    else this.ws.close(code, Buffer.from(reason).subarray(0, maxReasonBytes));
  }

  terminate(): void {
    this.ws.terminate();
  }

  /** Notes that the client has sent something and so is alive. */
  markAlive(): void {
    this.isAlive = true;
  }

  /** Pings the client. One that has neither sent anything nor read a byte since the last heartbeat is terminated. */
  heartbeat(): void {
    const bytesLeft = this.socket.bytesWritten - this.socket.writableLength;
    if (!this.isAlive && bytesLeft === this.bytesLeftBefore) return this.terminate();
    this.isAlive = false;
    // A slow reader receives the ping behind what it has not read yet, so bytes that it reads count as a sign of life, too.
    this.bytesLeftBefore = bytesLeft;
    this.pingedAt = performance.now();
    this.ws.ping();
  }
}
