import type { Readable } from 'node:stream';
import { inSlices } from './in-slices.js';
import type { SecretMasker } from './secret-masker.js';

/** The consumer of a stream's bytes, which also applies backpressure. */
export interface Sink {
  push: (bytes: Buffer) => void;
  /** Called at the end of the stream. */
  end: () => void;
  /** Returns true when the bytes are no longer needed. */
  isOver: () => boolean;
  /** Returns true when reading may go on. */
  hasRoom: () => boolean;
}

/** One output stream of a command with its secrets masked. It is paused while a chunk is searched, which is done in slices. */
export class MaskedSource {
  private masking: Promise<void> | undefined;
  private hasEnded = false;

  /** @param masker undefined when there are no secrets */
  constructor(
    private readonly readable: Readable,
    private readonly masker: SecretMasker | undefined,
    private readonly sink: Sink,
  ) {
    readable.on('data', (chunk: Buffer) => this.take(chunk));
    // A pipe may end while it is paused: passing on the held bytes then would reveal the beginning of a secret.
    readable.on('end', () => {
      this.hasEnded = true;
      if (this.masking === undefined) this.flush();
    });
  }

  /** Resolves when all received bytes have been passed on, except the held ones. */
  async settled(): Promise<void> {
    await this.masking;
  }

  /** Passes on the held bytes, at the end of the stream or of the run. */
  flush(): void {
    if (this.masker) this.sink.push(this.masker.end());
    this.sink.end();
  }

  pause(): void {
    this.readable.pause();
  }

  /** Resumes reading, unless the last chunk is still being searched. */
  resume(): void {
    if (this.masking === undefined || this.sink.isOver()) this.readable.resume();
  }

  private take(chunk: Buffer): void {
    const { masker, sink } = this;
    if (!masker) return sink.push(chunk);
    this.readable.pause();
    this.masking = inSlices(chunk, sink.isOver, (slice) => sink.push(masker.push(slice))).then(() => {
      this.masking = undefined;
      if (this.hasEnded) this.flush();
      else if (sink.hasRoom()) this.readable.resume();
    });
  }
}
