const escape = 0x1b;
const bell = 0x07;
const lineFeed = 0x0a;
const cancels = new Set([0x18, 0x1a]);

/**
 * The states of a parser of control sequences (ECMA-48): outside of any, after ESC, in the intermediate bytes of an escape sequence, in a
 * control sequence (`ESC [`), in a string (`ESC ]` and the like), or after an ESC that may end the string.
 */
type State = 'text' | 'escape' | 'intermediate' | 'control' | 'string' | 'string-escape';

/** The bytes that open a string after ESC: OSC, DCS, SOS, PM, APC. */
const stringOpeners = new Set([']', 'P', 'X', '^', '_'].map((character) => character.charCodeAt(0)));

/**
 * Removes terminal control sequences (colours, cursor movements, titles, links) from a stream of bytes, also those that are split between
 * chunks. The one-byte forms of the C1 controls are not removed, since in UTF-8 these bytes are parts of characters.
 */
export class AnsiStripper {
  private state: State = 'text';

  push(chunk: Buffer): Buffer {
    if (this.state === 'text' && !chunk.includes(escape)) return chunk;
    const kept = Buffer.allocUnsafe(chunk.length);
    let length = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at]!;
      if (this.isText(byte)) kept[length++] = byte;
    }
    return kept.subarray(0, length);
  }

  /** Processes the next byte. @returns whether the byte is text to be kept */
  private isText(byte: number): boolean {
    if (byte === escape) {
      this.state = this.state === 'string' ? 'string-escape' : 'escape';
      return false;
    }
    switch (this.state) {
      case 'text':
        return true;
      case 'escape':
        if (byte === 0x5b) this.state = 'control';
        else if (stringOpeners.has(byte)) this.state = 'string';
        else return this.intermediate(byte);
        return false;
      case 'intermediate':
        return this.intermediate(byte);
      case 'control':
        if (byte >= 0x20 && byte <= 0x3f) return false;
        return this.end(byte, byte >= 0x40 && byte <= 0x7e);
      case 'string-escape':
        // ESC and a backslash end the string; ESC and any other byte start another sequence
        this.state = 'escape';
        if (byte !== 0x5c) return this.isText(byte);
        this.state = 'text';
        return false;
      case 'string':
        // a line feed ends the string, too, so that an unterminated one does not remove the rest of the output
        if (byte !== bell && byte !== lineFeed && !cancels.has(byte)) return false;
        return this.end(byte, byte !== lineFeed);
    }
  }

  private intermediate(byte: number): boolean {
    this.state = 'intermediate';
    if (byte >= 0x20 && byte <= 0x2f) return false;
    return this.end(byte, byte >= 0x30 && byte <= 0x7e);
  }

  /** Ends a sequence. @returns whether its last byte is to be kept, since it does not belong to the sequence */
  private end(byte: number, belongs: boolean): boolean {
    this.state = 'text';
    return !belongs && !cancels.has(byte);
  }
}
