import { isUtf8 } from 'node:buffer';

export interface Piece {
  content: Buffer;
  /** True when the bytes are whole UTF-8 characters. */
  text: boolean;
}

/** How many bytes of an unfinished character a buffer ends with; 0 when it ends on a boundary or is not UTF-8 there. */
export function unfinished(buffer: Buffer): number {
  for (let back = 1; back <= Math.min(3, buffer.length); back += 1) {
    const byte = buffer[buffer.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return byte < 0xf8 && length > back ? back : 0;
  }
  return 0;
}

/** Cuts a stream of bytes so that no character is split: the start of one waits for the rest of it. */
export class Utf8Splitter {
  private held: Buffer = Buffer.alloc(0);

  /** @returns what can be passed on now; undefined when there is nothing but the start of a character */
  push(chunk: Buffer): Piece | undefined {
    const bytes = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const cut = bytes.length - unfinished(bytes);
    // a copy, so that three bytes do not keep the whole chunk in memory
    this.held = cut === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(cut));
    if (cut === 0) return undefined;
    const content = bytes.subarray(0, cut);
    return { content, text: isUtf8(content) };
  }

  /** @returns what is left at the end of the stream */
  end(): Piece | undefined {
    const content = this.held;
    this.held = Buffer.alloc(0);
    return content.length === 0 ? undefined : { content, text: isUtf8(content) };
  }
}
