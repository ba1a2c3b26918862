import { backslash, hexValue, letterU } from './reading.js';

/** The most bytes of an escape. More backslashes in a row are no escape, even of JSON in JSON in JSON. */
export const longestRow = 32;
const nothing: readonly number[] = [];
const unknown = [0xef, 0xbf, 0xbd];

/** Control characters with an escape of one letter, such as `\n`, are read as that letter in all their notations. */
const letters = new Map([...'\n\r\t\b\f'].map((char, index) => [char, 'nrtbf'[index]!]));

/**
 * An escape with the code of a character: only the last backslash counts, since all are removed. With those before it, a long row without
 * a letter behind it would take quadratic time.
 */
const escape = /\\u([0-9a-fA-F]{4})/g;

/**
 * Normalizes the JSON escapes (RFC 8259) of a text: backslashes are removed, `\n` becomes `n`, `\u00e9` becomes `é`. The result is the
 * same for the JSON of Python, Go, PHP, Java and .NET of one string, and for JSON in JSON.
 */
export function withoutEscapes(text: string): string {
  return text
    .replaceAll(escape, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replaceAll(/[\n\r\t\b\f]/g, (char) => letters.get(char)!)
    .replaceAll('\\', '');
}

/** An incremental parser for one escape of a stream, which begins with a backslash. */
export class JsonEscape {
  /** The number of bytes of the escape so far. */
  length = 1;
  /** The digits after `\u`; undefined before it. */
  private digits: number[] | undefined;
  /** The first half of a surrogate pair, whose second half must come next. */
  private high: number | undefined;
  private wantsBackslash = false;

  /** Adds a byte. @returns the decoded bytes when the escape is complete, else undefined */
  take(byte: number): readonly number[] | undefined {
    this.length += 1;
    if (this.digits !== undefined) return this.takeDigit(this.digits, byte);
    if (byte === backslash) {
      this.wantsBackslash = false;
      return this.length > longestRow ? nothing : undefined;
    }
    if (this.wantsBackslash || byte !== letterU) return [...this.lone(), byte];
    this.digits = [];
    return undefined;
  }

  /** Returns the decoded bytes of an escape that a line break cuts off. */
  cut(): readonly number[] {
    return [...this.lone(), ...(this.digits ? [letterU, ...this.digits] : nothing)];
  }

  private takeDigit(digits: number[], byte: number): readonly number[] | undefined {
    if (hexValue(byte) < 0) return [...this.cut(), byte];
    digits.push(byte);
    if (digits.length < 4) return undefined;
    const unit = digits.reduce((value, digit) => value * 16 + hexValue(digit), 0);
    if (this.high !== undefined && unit >= 0xdc00 && unit < 0xe000)
      return bytesOf(0x10000 + ((this.high - 0xd800) << 10) + unit - 0xdc00);
    if (unit < 0xd800 || unit >= 0xdc00) return [...this.lone(), ...bytesOf(unit)];
    // two first halves of surrogate pairs cannot be part of a secret
    if (this.high !== undefined) return [...unknown, ...unknown];
    this.high = unit;
    this.digits = undefined;
    this.wantsBackslash = true;
    return undefined;
  }

  private lone(): readonly number[] {
    return this.high === undefined ? nothing : unknown;
  }
}

function bytesOf(codePoint: number): readonly number[] {
  const char = String.fromCodePoint(codePoint);
  return [...Buffer.from(letters.get(char) ?? char)];
}
