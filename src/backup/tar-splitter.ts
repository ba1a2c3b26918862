import { BackupError } from './backup-error.js';
import { blockBytes, paddingOf, readHeader, type Entry } from './tar.js';

/** A part of an archive: the header of an entry, or a piece of the content of the entry before. */
export type Part = { header: Buffer; entry: Entry } | { content: Buffer };

/** Splits the bytes of an archive, which come in pieces of any length, into its entries. */
export class TarSplitter {
  private rest = Buffer.alloc(0);
  /** The bytes of content and padding until the next header. */
  private content = 0;
  private padding = 0;
  private zeroBlocks = 0;

  /** Yields the parts that are complete with more bytes. @throws BackupError when this is no archive */
  *take(bytes: Buffer): Generator<Part> {
    let left = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const cut = (length: number) => {
      const piece = left.subarray(0, length);
      left = left.subarray(length);
      return piece;
    };
    while (left.length > 0) {
      if (this.content > 0) {
        const content = cut(Math.min(this.content, left.length));
        this.content -= content.length;
        yield { content };
      } else if (this.padding > 0) {
        this.padding -= cut(Math.min(this.padding, left.length)).length;
      } else if (left.length < blockBytes) {
        break;
      } else {
        const header = cut(blockBytes);
        const entry = readHeader(header);
        if (!entry) this.zeroBlocks += 1;
        else {
          this.content = entry.size;
          this.padding = paddingOf(entry.size);
          yield { header, entry };
        }
      }
    }
    this.rest = Buffer.from(left);
  }

  /** @throws BackupError when the archive has not come to its end */
  end(): void {
    if (this.content > 0 || this.padding > 0 || this.rest.length > 0 || this.zeroBlocks < 2)
      throw new BackupError(
        'The file is cut short: take another backup, or copy this one again from where it was made',
      );
  }
}
