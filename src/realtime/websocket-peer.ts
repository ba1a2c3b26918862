import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Unread } from '../request-limits/unread-bytes.js';
import { cutOff } from './bounded-websocket-server.js';
import { closeCodes } from './limits.js';
import type { Message } from './message.js';
import type { Peer } from './peer.js';

/** The longest reason a close frame can carry (RFC 6455 §5.5). */
const maxReasonBytes = 123;

/** A client that speaks plain WebSocket. */
export class WebSocketPeer implements Peer {
  readonly gone: Promise<void>;
  private corked = false;
  private sign = true;
  private leftBefore = 0;
  private pingedAt = 0;

  constructor(
    private readonly ws: WebSocket,
    private readonly socket: Socket,
    readonly unread: Unread,
    private readonly answered: (milliseconds: number) => void,
  ) {
    this.gone = new Promise((resolve) => ws.once('close', () => resolve()));
    ws.once('close', () => unread.close());
    ws.on('pong', () => {
      this.sign = true;
      this.answered(performance.now() - this.pingedAt);
    });
  }

  send(message: Message): void {
    // what is sent in one go leaves in one write
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

  /** Notes that the client is there: it sent something. */
  seen(): void {
    this.sign = true;
  }

  /** Asks whether the client is still there. One that has neither answered nor read a byte since the last time is dropped. */
  beat(): void {
    const left = this.socket.bytesWritten - this.socket.writableLength;
    if (!this.sign && left === this.leftBefore) return this.terminate();
    this.sign = false;
    // a slow reader finds the ping behind what it has not read yet, so what it does read counts too
    this.leftBefore = left;
    this.pingedAt = performance.now();
    this.ws.ping();
  }
}
