const escape = 0x1b;
const bell = 0x07;
const lineFeed = 0x0a;
const cancels = new Set([0x18, 0x1a]);

/**
 * Where a stream of bytes stands in a control sequence of ECMA-48: in none, after ESC, in its intermediate bytes, in a control
 * sequence (`ESC [`), in a string (`ESC ]` and the like), or after an ESC that may end the string.
 */
type Place = 'text' | 'escape' | 'intermediate' | 'control' | 'string' | 'string-escape';

/** What opens a string: OSC, DCS, SOS, PM, APC. */
const stringOpeners = new Set([']', 'P', 'X', '^', '_'].map((character) => character.charCodeAt(0)));

/**
 * Takes terminal control sequences (colours, cursor movements, titles, links) out of a stream of bytes, wherever its chunks are
 * cut. It works on bytes: the one-byte forms of the C1 controls are parts of characters in UTF-8 and stay.
 */
export class AnsiStripper {
  private place: Place = 'text';

  push(chunk: Buffer): Buffer {
    if (this.place === 'text' && !chunk.includes(escape)) return chunk;
    const kept = Buffer.allocUnsafe(chunk.length);
    let length = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      if (this.isText(byte)) kept[length++] = byte;
    }
    return kept.subarray(0, length);
  }

  /** Goes one byte further. @returns whether the byte is to be kept */
  private isText(byte: number): boolean {
    if (byte === escape) {
      this.place = this.place === 'string' ? 'string-escape' : 'escape';
      return false;
    }
    switch (this.place) {
      case 'text':
        return true;
      case 'escape':
        if (byte === 0x5b) this.place = 'control';
        else if (stringOpeners.has(byte)) this.place = 'string';
        else return this.intermediate(byte);
        return false;
      case 'intermediate':
        return this.intermediate(byte);
      case 'control':
        if (byte >= 0x20 && byte <= 0x3f) return false;
        return this.end(byte, byte >= 0x40 && byte <= 0x7e);
      case 'string-escape':
        // with a backslash it was the end of the string, else the start of another sequence
        this.place = 'escape';
        if (byte !== 0x5c) return this.isText(byte);
        this.place = 'text';
        return false;
      case 'string':
        // a string that nobody ends must not swallow the rest of the output
        if (byte !== bell && byte !== lineFeed && !cancels.has(byte)) return false;
        return this.end(byte, byte !== lineFeed);
    }
  }

  private intermediate(byte: number): boolean {
    this.place = 'intermediate';
    if (byte >= 0x20 && byte <= 0x2f) return false;
    return this.end(byte, byte >= 0x30 && byte <= 0x7e);
  }

  /** Ends a sequence with a byte that belongs to it, or that does not and is kept. */
  private end(byte: number, belongs: boolean): boolean {
    this.place = 'text';
    return !belongs && !cancels.has(byte);
  }
}
