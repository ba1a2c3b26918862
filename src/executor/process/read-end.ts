import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Fifo } from './launcher-connection.js';

const IDLE_MS = 200;
// A relay always closes its end, unless the kernel lets it stand still.
const RELAY_IDLE_MS = 10_000;
// What a pipe can hold: 64 KiB, or up to 1 MiB where its writer enlarged it.
const PIPE_CAPACITY = 1024 * 1024;

/** The worker's end of one output pipe. */
export class ReadEnd {
  private readonly fd: number;
  private socket: Socket | undefined;

  /** The number by which the launcher knows the FIFO. */
  readonly fifo: number;

  private readonly isRelayed: boolean;

  /** Opens the FIFO for reading; the launcher may open it for writing from now on. */
  constructor({ number, path, isRelayed }: Fifo) {
    this.fifo = number;
    this.isRelayed = isRelayed;
    this.fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** The stream of what is written. Ask for it when the writer is there: before that a pipe reads as ended. */
  get stream(): Socket {
    if (!this.socket) {
      this.socket = new Socket({ fd: this.fd, readable: true, writable: false });
      // A worker must not fall over a stream nobody listens to; who reads it sees the error all the same.
      this.socket.on('error', () => {});
    }
    return this.socket;
  }

  discard(): void {
    if (this.socket) this.socket.destroy();
    else closeSync(this.fd);
  }

  /**
   * Resolves when the stream was read to its end. To be called when no process of the run is left. A relay ends the stream then. Without
   * one the end stands in the pipe already, unless a stranger holds it: a reader that has waited 200 ms in vain, or has got more
   * than a pipe can hold, has everything the run wrote, and the stream is ended for it.
   */
  async ended(): Promise<void> {
    const stream = this.stream;
    if (stream.closed) return;
    const limit = this.isRelayed ? Infinity : stream.bytesRead + PIPE_CAPACITY;
    let before = stream.bytesRead;
    const timer = setInterval(
      () => {
        // By `data` or by `readable`, as `for await` does; a reader that has paused may still leave bytes in the pipe.
        const waiting = stream.readableFlowing === true || stream.listenerCount('readable') > 0;
        const reading = waiting && stream.readableLength === 0;
        if (reading && (stream.bytesRead === before || stream.bytesRead > limit)) stream.push(null);
        before = stream.bytesRead;
      },
      this.isRelayed ? RELAY_IDLE_MS : IDLE_MS,
    );
    try {
      await new Promise((resolve) => stream.once('close', resolve));
    } finally {
      clearInterval(timer);
    }
  }
}
