import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Fifo } from './launcher-connection.js';

const IDLE_MS = 200;
// A relay closes its end always, unless the kernel blocks it.
const RELAY_IDLE_MS = 10_000;
// The capacity of a pipe: 64 KiB, or up to 1 MiB when its writer has enlarged it.
const PIPE_CAPACITY = 1024 * 1024;

/** The worker's end of an output pipe. */
export class ReadEnd {
  private readonly fd: number;
  private socket: Socket | undefined;

  /** The launcher's number of the FIFO. */
  readonly fifo: number;

  private readonly isRelayed: boolean;

  /** Opens the FIFO for reading. The launcher may open it for writing after that. */
  constructor({ number, path, isRelayed }: Fifo) {
    this.fifo = number;
    this.isRelayed = isRelayed;
    this.fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** The output as a stream. It must not be used before the writer has opened the pipe, since a pipe without a writer reads as ended. */
  get stream(): Socket {
    if (!this.socket) {
      this.socket = new Socket({ fd: this.fd, readable: true, writable: false });
      // Without a listener an error would crash the worker; other listeners still receive it.
      this.socket.on('error', () => {});
    }
    return this.socket;
  }

  discard(): void {
    if (this.socket) this.socket.destroy();
    else closeSync(this.fd);
  }

  /**
   * Resolves when the stream was read to its end. Must be called when no process of the run is left. A relay closes the pipe then. Without
   * a relay the pipe is closed already, unless a process outside the run holds it. The stream is ended anyway when no byte has come for
   * 200 ms, or when more bytes than a pipe can hold have come: everything that the run wrote was read by then.
   */
  async ended(): Promise<void> {
    const stream = this.stream;
    if (stream.closed) return;
    const limit = this.isRelayed ? Infinity : stream.bytesRead + PIPE_CAPACITY;
    let before = stream.bytesRead;
    const timer = setInterval(
      () => {
        // The reader uses `data` or, like `for await`, `readable`. A reader that has paused may have left bytes in the pipe.
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
