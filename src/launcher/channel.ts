import type { Socket } from 'node:net';

/** Larger than any order: a command of 128 KiB, an environment of 128 KiB and the options of bubblewrap, all escaped. */
const MOST_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Messages between a worker and its launcher: one line of JSON each, over a socket pair that nobody else has an end of.
 * A peer that sends no JSON, or a line of more than 8 MiB, is cut off.
 */
export class Channel<In, Out> {
  /** The other end sends no more: it has said so, is gone, or was cut off. */
  readonly ended: Promise<void>;
  /** Nothing goes either way any more. */
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
    // what is wrong with it shows as its end
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  send(message: Out): void {
    if (this.socket.writable) this.socket.write(`${JSON.stringify(message)}\n`);
  }

  /** Says that no more will come; what the other end still sends is taken. */
  end(): void {
    this.socket.end();
  }

  /** Cuts the other end off. */
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
    if (this.size > MOST_BYTES) this.close();
  }
}
