import { isUtf8 } from 'node:buffer';

export interface Piece {
  content: Buffer;
  /** Whether the bytes are complete UTF-8 characters. */
  text: boolean;
}

/** Counts the bytes of an unfinished character at the end of a buffer; 0 when it ends on a boundary or is not UTF-8 there. */
export function unfinished(buffer: Buffer): number {
  for (let back = 1; back <= Math.min(3, buffer.length); back += 1) {
    const byte = buffer[buffer.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return byte < 0xf8 && length > back ? back : 0;
  }
  return 0;
}

/** Splits a stream of bytes on character boundaries: the start of a character is held back until the rest of it arrives. */
export class Utf8Splitter {
  private held: Buffer = Buffer.alloc(0);

  /** @returns the bytes up to the last character boundary; undefined when there is only the start of a character */
  push(chunk: Buffer): Piece | undefined {
    const bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const cut = bytes.length - unfinished(bytes);
    // a copy, so that three bytes do not keep the whole chunk in memory
    this.held = cut === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(cut));
    if (cut === 0) return undefined;
    const content = bytes.subarray(0, cut);
    return { content, text: isUtf8(content) };
  }

  /** @returns the bytes that were held back; undefined when there are none */
  end(): Piece | undefined {
    const content = this.held;
    this.held = Buffer.alloc(0);
    return content.length === 0 ? undefined : { content, text: isUtf8(content) };
  }
}
