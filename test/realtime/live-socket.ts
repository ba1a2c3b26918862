import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';
import type { Json } from '../support/json.js';
import { until } from '../support/until.js';

export type LiveMessage = { type: string; data?: Json; timestamp?: Json };

const open = new Set<LiveSocket>();

/** A client of the plain WebSocket, with everything it was sent. */
export class LiveSocket {
  readonly messages: LiveMessage[] = [];
  closed: { code: number; reason: string } | undefined;

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data) => this.messages.push(JSON.parse((data as Buffer).toString()) as LiveMessage));
    ws.on('close', (code, reason) => (this.closed = { code, reason: reason.toString() }));
    ws.on('error', () => undefined);
    open.add(this);
  }

  /** Connects, and signs in when a token is given. */
  static async open(wsUrl: string, token?: string, options: ClientOptions = {}): Promise<LiveSocket> {
    const ws = new WebSocket(`${wsUrl}/ws/a-session`, options);
    const socket = new LiveSocket(ws);
    await once(ws, 'open');
    if (token !== undefined) await socket.ask({ type: 'authenticate', token }, 'authenticated');
    return socket;
  }

  send(message: object): void {
    this.ws.send(JSON.stringify(message));
  }

  /** Sends a message and gives the next one of a type. */
  async ask(message: object, type: string): Promise<LiveMessage> {
    const seen = this.messages.length;
    this.send(message);
    return this.next(type, () => true, seen);
  }

  /** The first message of a type that fits, from a place on. */
  async next(
    type: string,
    fits: (data: LiveMessage['data']) => boolean = () => true,
    from = 0,
  ): Promise<LiveMessage> {
    return until(
      () => this.messages.slice(from).find((message) => message.type === type && fits(message.data)),
      {
        what: `a message ${type}; there were ${JSON.stringify(this.messages.slice(-5)).slice(0, 1500)}`,
      },
    );
  }

  /** The code of the error that a message is answered by. */
  async refusal(message: object): Promise<string> {
    return (await this.ask(message, 'error')).data.code as string;
  }

  /** The output of one command as it came, checked to have no gap; resolves at its end. */
  async output(commandId: string, from = 0): Promise<{ bytes: Buffer; end: LiveMessage['data'] }> {
    const end = await this.next(
      'command_output',
      (data) => data.command_id === commandId && data.end === true,
      from,
    );
    return { bytes: this.received(commandId, from), end: end.data };
  }

  received(commandId: string, from = 0): Buffer {
    const frames = this.messages
      .slice(from)
      .filter(({ type, data }) => type === 'command_output' && data.command_id === commandId);
    let expected: number | undefined;
    const pieces = frames.map(({ data }) => {
      if (expected !== undefined && data.offset !== expected)
        throw new Error(`expected offset ${expected}, got ${data.offset}`);
      const bytes = Buffer.from(data.content, data.encoding ?? 'utf8');
      if (bytes.length !== data.length)
        throw new Error(`a frame of ${bytes.length} bytes says ${data.length}`);
      expected = data.offset + data.length;
      return bytes;
    });
    return Buffer.concat(pieces);
  }

  async close(): Promise<void> {
    open.delete(this);
    if (this.ws.readyState === WebSocket.CLOSED) return;
    this.ws.terminate();
    await once(this.ws, 'close');
  }
}

/** Closes what a test has left open. */
export async function closeSockets(): Promise<void> {
  await Promise.all([...open].map((socket) => socket.close()));
}
