import type { Socket } from 'node:net';

/** Larger than any message: a command of 128 KiB, an environment of 128 KiB and the options of bubblewrap, all escaped. */
const MAX_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * A message channel between a worker and its launcher. Each message is a line of JSON, sent over a socket pair to which no other process
 * has access. A peer that sends invalid JSON or a line of more than 8 MiB is disconnected.
 */
export class Channel<In, Out> {
  /** Resolves when the peer sends no more messages: it has ended its side, died or was disconnected. */
  readonly ended: Promise<void>;
  /** Resolves when the channel is closed in both directions. */
  readonly closed: Promise<void>;
  private readonly parts: Buffer[] = [];
  private size = 0;

  constructor(
    private readonly socket: Socket,
    private readonly onMessage: (message: In) => void,
  ) {
    this.ended = new Promise((resolve) => {
      socket.once('end', () => resolve());
      socket.once('close', () => resolve());
    });
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    // an error is followed by `close`, which is handled
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  send(message: Out): void {
    if (this.socket.writable) this.socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Ends this side of the channel; messages of the peer are still received. */
  end(): void {
    this.socket.end();
  }

  /** Disconnects the peer. */
  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.parts.push(chunk.subarray(from, at));
      const line = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
      this.parts.length = this.size = 0;
      from = at + 1;
      let message: In;
      try {
        message = JSON.parse(line.toString('utf8')) as In;
      } catch {
        return this.close();
      }
      this.onMessage(message);
    }
    if (from < chunk.length) {
      this.parts.push(chunk.subarray(from));
      this.size += chunk.length - from;
    }
    if (this.size > MAX_BYTES) this.close();
  }
}
