import type { Readable } from 'node:stream';
import { inSlices } from './in-slices.js';
import type { SecretMasker } from './secret-masker.js';

/** What becomes of the bytes of one stream, and who else has a say in its pace. */
export interface Sink {
  push: (bytes: Buffer) => void;
  /** Nothing more comes. */
  end: () => void;
  /** True when nobody wants the bytes any more. */
  isOver: () => boolean;
  /** True when the command may write on. */
  hasRoom: () => boolean;
}

/** One stream of a command, without the secrets: it is paused while what has come is looked through, which is done in turns. */
export class MaskedSource {
  private masking: Promise<void> | undefined;
  private hasEnded = false;

  /** @param masker undefined where there are no secrets */
  constructor(
    private readonly readable: Readable,
    private readonly masker: SecretMasker | undefined,
    private readonly sink: Sink,
  ) {
    readable.on('data', (chunk: Buffer) => this.take(chunk));
    // a pipe says so even while it is paused: to let go then what is held would show the beginning of a secret
    readable.on('end', () => {
      this.hasEnded = true;
      if (this.masking === undefined) this.flush();
    });
  }

  /** Settled when everything that has come was passed on, but for what is held. */
  async settled(): Promise<void> {
    await this.masking;
  }

  /** Passes on what is held, at the end of the stream or of the run. */
  flush(): void {
    if (this.masker) this.sink.push(this.masker.end());
    this.sink.end();
  }

  pause(): void {
    this.readable.pause();
  }

  /** Lets the command write on, unless what it wrote last is still looked through. */
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
