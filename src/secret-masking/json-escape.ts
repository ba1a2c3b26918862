import { backslash, hexValue, letterU } from './reading.js';

/** A row of more backslashes is no escape, even of JSON in JSON in JSON. */
export const longestRow = 32;
const nothing: readonly number[] = [];
const unknown = [0xef, 0xbf, 0xbd];

/** Control characters that have an escape of one letter are read as that letter, however they are written. */
const letters = new Map([...'\n\r\t\b\f'].map((char, index) => [char, 'nrtbf'[index]!]));

/**
 * A text as it is read where escapes of JSON (RFC 8259) count: without backslashes, `\n` as `n`, `\u00e9` as `é`. It is the same for
 * what Python, Go, PHP, Java and .NET write of one string, and for JSON in JSON.
 */
export function withoutEscapes(text: string): string {
  return text
    .replaceAll(/\\+u([0-9a-fA-F]{4})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    )
    .replaceAll(/[\n\r\t\b\f]/g, (char) => letters.get(char)!)
    .replaceAll('\\', '');
}

/** One escape of a stream, which begins with a backslash, as far as it has come. */
export class JsonEscape {
  /** How many bytes of the stream it is, up to here. */
  length = 1;
  /** The bytes behind `\u`, or undefined before that. */
  private digits: number[] | undefined;
  /** The first half of a surrogate pair, whose second half must come next. */
  private high: number | undefined;
  private wantsBackslash = false;

  /** @returns the bytes that it stands for once it is whole, undefined until then */
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

  /** What it stands for when a line ends within it. */
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
    // two first halves: nothing that a secret could be
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
