import { socketClass } from '#websocket';
import { fromWire, toWire } from '../http/case.js';
import type { PlainSocket } from './implementation.js';

export interface Received {
  type: string;
  data: unknown;
}

export interface ConnectionEvents {
  open(): void;
  message(message: Received): void;
  /** Called exactly once. */
  close(code: number, reason: string): void;
}

/** After this long without a message from the server, a ping is sent … */
const pingAfterMs = 25_000;
/** … which the server must answer within this time. */
const pongWithinMs = 10_000;
/** RFC 6455, 7.4.1: the connection was lost without a close frame. */
const abnormal = 1006;

/** A single WebSocket connection. `LiveSocket` opens a new one when it is lost. */
export class Connection {
  private socket: PlainSocket | undefined;
  private isOver = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    url: string,
    private readonly events: ConnectionEvents,
  ) {
    void socketClass().then(
      (Socket) => this.open(new Socket(url)),
      (error: unknown) => this.end(abnormal, String(error)),
    );
  }

  send(type: string, body: object): void {
    this.socket?.send(JSON.stringify({ type, ...(toWire(body) as object) }));
  }

  close(code: number, reason: string): void {
    // the closing handshake is not awaited: a dead peer never answers it
    this.socket?.close(code === abnormal ? undefined : code, code === abnormal ? undefined : reason);
    this.end(code, reason);
  }

  private open(socket: PlainSocket): void {
    this.socket = socket;
    if (this.isOver) return socket.close();
    socket.addEventListener('open', () => {
      this.resetPingTimer();
      this.events.open();
    });
    socket.addEventListener('message', ({ data }) => this.receive(String(data)));
    socket.addEventListener('close', ({ code, reason }) => this.end(code, reason));
    // always followed by 'close'
    socket.addEventListener('error', () => undefined);
  }

  private receive(text: string): void {
    if (this.isOver) return;
    this.resetPingTimer();
    const received = readMessage(text);
    if (!received) return this.close(abnormal, 'What the server has sent is no message');
    this.events.message({ type: received.type, data: fromWire(received.data, ['details']) });
  }

  private resetPingTimer(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.send('ping', { timestamp: Date.now() });
      this.timer = setTimeout(() => this.close(abnormal, 'The server is silent'), pongWithinMs);
    }, pingAfterMs);
  }

  private end(code: number, reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.events.close(code, reason);
  }
}

/** Reads a message. An error would be thrown within a listener of the socket, where it ends a process of Node. */
function readMessage(text: string): Received | undefined {
  try {
    const message = JSON.parse(text) as Partial<Received> | null;
    return typeof message?.type === 'string' ? { type: message.type, data: message.data } : undefined;
  } catch {
    return undefined;
  }
}
