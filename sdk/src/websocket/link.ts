import { socketClass } from '#websocket';
import { fromWire, toWire } from '../http/case.js';
import type { PlainSocket } from './implementation.js';

export interface Received {
  type: string;
  data: unknown;
}

export interface LinkEvents {
  open(): void;
  message(message: Received): void;
  /** Once, whatever happens. */
  close(code: number, reason: string): void;
}

/** We ask whether the server is there when it has said nothing for this long … */
const pingAfterMs = 25_000;
/** … and give it this long to answer. */
const pongWithinMs = 10_000;
/** RFC 6455, 7.4.1: the connection broke without a word. */
const abnormal = 1006;

/** One connection, from its beginning to its end. */
export class Link {
  private socket: PlainSocket | undefined;
  private over = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    url: string,
    private readonly events: LinkEvents,
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
    // a peer that is gone does not answer the closing handshake, so nobody waits for it
    this.socket?.close(code === abnormal ? undefined : code, code === abnormal ? undefined : reason);
    this.end(code, reason);
  }

  private open(socket: PlainSocket): void {
    this.socket = socket;
    if (this.over) return socket.close();
    socket.addEventListener('open', () => {
      this.listen();
      this.events.open();
    });
    socket.addEventListener('message', ({ data }) => this.receive(String(data)));
    socket.addEventListener('close', ({ code, reason }) => this.end(code, reason));
    // followed by 'close'
    socket.addEventListener('error', () => undefined);
  }

  private receive(text: string): void {
    if (this.over) return;
    this.listen();
    const { type, data } = JSON.parse(text) as Received;
    this.events.message({ type, data: fromWire(data, ['details']) });
  }

  private listen(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.send('ping', { timestamp: Date.now() });
      this.timer = setTimeout(() => this.close(abnormal, 'The server is silent'), pongWithinMs);
    }, pingAfterMs);
  }

  private end(code: number, reason: string): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.events.close(code, reason);
  }
}
