import type { Automaton } from './automaton.js';
import { JsonEscape, longestRow } from './json-escape.js';
import { Positions } from './positions.js';
import {
  backslash,
  hexValue,
  isBase64,
  letterU,
  percentSign,
  special,
  specials,
  tables,
  type Reading,
} from './reading.js';
import { hashOf, type SkipTable } from './skip-table.js';

/**
 * The most bytes of line breaks and backslashes between two characters of a match: CR, LF, a backslash, CR, LF. More of them end the
 * encoded text, so that the number of held bytes is bounded.
 */
const longestBreak = 5;
/**
 * The end of a line is held until the next line if it has this many characters of base64 (tools break lines after 60, 64 or 76), or if
 * this many of its characters match, or all of them. Otherwise almost every line would be held for its last letter. A secret that begins
 * in the last letters of another line is masked from the next line on.
 */
const shortestLine = 16;
const shortestBeginning = 4;

/** Searches one stream in one reading. Positions are in bytes of the original stream, from its start. */
export class PatternScanner {
  private state = 0;
  /** The number of decoded characters. */
  private read = 0;
  /** The number of scanned bytes. */
  private taken = 0;
  private readonly positions: Positions;
  /** The bytes after the percent sign of an incomplete `%41`; undefined outside an escape. */
  private escape: number[] | undefined;
  private jsonEscape: JsonEscape | undefined;
  private inEscape = false;
  /** The index of the first character of the current line. */
  private line = 0;
  /** The position before which all bytes have been passed on. */
  private floor = 0;
  /** The number of base64 characters at the end of the stream so far, up to `shortestLine`. */
  private run = 0;
  private readonly ahead: number[] = [];
  private readonly table: Uint16Array;

  constructor(
    private readonly automaton: Automaton,
    private readonly skips: SkipTable,
    private readonly reading: Reading,
    /** Called with the start and end of every match. */
    private readonly found: (start: number, end: number) => void,
  ) {
    this.table = tables[reading];
    this.positions = new Positions(automaton.longest);
  }

  /** The position before which all matches are known. */
  get decided(): number {
    const depth = this.automaton.depth[this.state]!;
    if (depth === 0)
      return this.taken - (this.escape ? 1 + this.escape.length : (this.jsonEscape?.length ?? 0));
    return this.startOf(depth);
  }

  scan(chunk: Uint8Array): void {
    const { automaton, table, skips } = this;
    const { child, label, match, depth } = automaton;
    const before = this.taken;
    let { state, read } = this;
    let limit = this.nextSpecial(chunk, 0);
    let at = 0;
    while (at < chunk.length) {
      if (state === 0 && !this.inEscape) {
        const from = at;
        at = this.skip(chunk, at, limit);
        // no match can include the earlier line breaks
        if (at > from) this.positions.forget();
        read += at - from;
      }
      let first = true;
      while (at < chunk.length) {
        const byte = table[chunk[at]!]!;
        const passed = state === 0 && byte >= special && !this.inEscape ? this.pass(chunk, at) : 0;
        if (passed > 0) {
          // a line break is no character of the reading, an escape is one
          if (passed === 1) this.line = read;
          else read += 1;
          at += passed;
          if (at > limit) limit = this.nextSpecial(chunk, at);
        } else if (byte >= special || this.inEscape) {
          this.state = state;
          this.read = read;
          this.taken = before + at;
          this.exceptional(chunk, at);
          ({ state, read } = this);
          at += 1;
          if (at > limit) limit = this.nextSpecial(chunk, at);
        } else {
          const known = child[state]!;
          const next = known !== 0 && label[known] === byte ? known : automaton.step(state, byte);
          // a match could only begin at this byte, so the skip table applies again
          if (!first && depth[next] === 1 && at + skips.window <= limit) {
            state = 0;
            break;
          }
          state = next;
          read += 1;
          at += 1;
          if (match[state] !== 0) {
            this.read = read;
            this.found(this.startOf(match[state]!), before + at);
          }
        }
        first = false;
        if (state === 0 && !this.inEscape && at + skips.window <= limit) break;
      }
    }
    this.state = state;
    this.read = read;
    this.taken = before + chunk.length;
    this.run = this.runBefore(chunk, chunk.length);
  }

  /**
   * Skips a line break, or an escape of one character, that is not part of a match. In most texts this is so for every special byte.
   * @returns the number of skipped bytes, or 0 when it may be part of a match
   */
  private pass(chunk: Uint8Array, at: number): number {
    if (chunk[at] === 0x0a || chunk[at] === 0x0d) {
      this.positions.pass(1);
      return 1;
    }
    let end = at;
    while (chunk[end] === backslash && end - at < longestRow) end += 1;
    if (end === at || end === chunk.length) return 0;
    const read = this.table[chunk[end]!]!;
    if (read >= special || read === letterU || this.automaton.root[read] !== 0) return 0;
    this.positions.pass(end - at);
    return end + 1 - at;
  }

  /** Skips bytes that cannot start a match. @returns the next position that may, or where the window no longer fits before `limit` */
  private skip(chunk: Uint8Array, from: number, limit: number): number {
    const { table } = this;
    const { window, shift, starts } = this.skips;
    let at = from;
    for (let end = at + window - 1; end < limit; end = at + window - 1) {
      const far = shift[hashOf(table[chunk[end - 2]!]!, table[chunk[end - 1]!]!, table[chunk[end]!]!)]!;
      if (far > 0) at += far;
      else if (starts[hashOf(table[chunk[at]!]!, table[chunk[at + 1]!]!, table[chunk[at + 2]!]!)] !== 0)
        break;
      else at += 1;
    }
    return at;
  }

  /** Returns the position of the next special byte. It is cached for each kind: a chunk may have many of one kind and none of another. */
  private nextSpecial(chunk: Uint8Array, from: number): number {
    let next = chunk.length;
    for (const [index, byte] of specials[this.reading].entries()) {
      if (from === 0 || this.ahead[index]! < from) {
        const at = chunk.indexOf(byte, from);
        this.ahead[index] = at < 0 ? chunk.length : at;
      }
      next = Math.min(next, this.ahead[index]!);
    }
    return next;
  }

  private runBefore(chunk: Uint8Array, end: number): number {
    let start = end;
    while (start > 0 && end - start < shortestLine && isBase64[chunk[start - 1]!] === 1) start -= 1;
    return Math.min(shortestLine, end - start + (start === 0 ? this.run : 0));
  }

  private step(byte: number, end: number): void {
    this.read += 1;
    this.state = this.automaton.step(this.state, byte);
    const length = this.automaton.match[this.state]!;
    if (length !== 0) this.found(this.startOf(length), end);
  }

  /** Processes a byte that is part of a line break or of an escape, or that ends an escape. */
  private exceptional(chunk: Uint8Array, at: number): void {
    const byte = chunk[at]!;
    if (this.reading === 'base64') {
      return this.lineBreak(this.runBefore(chunk, at));
    }
    if (this.reading === 'percent') this.percent(byte);
    else this.folded(byte);
    this.inEscape = this.escape !== undefined || this.jsonEscape !== undefined;
  }

  private folded(byte: number): void {
    const escape = this.jsonEscape;
    if (byte === 0x0a || byte === 0x0d) {
      const bytes = escape?.cut() ?? [];
      if (escape && bytes.length > 0) this.unescaped(bytes, escape.length, this.taken);
      this.jsonEscape = undefined;
      // a backslash at the end of a line is part of the line break, as in a shell
      return this.lineBreak(0, bytes.length === 0 ? (escape?.length ?? 0) : 0);
    }
    if (!escape) {
      if (byte === backslash) this.jsonEscape = new JsonEscape();
      else this.step(byte, this.taken + 1);
      return;
    }
    const bytes = escape.take(byte);
    if (bytes !== undefined) this.unescaped(bytes, escape.length, this.taken + 1);
  }

  /** Processes a decoded escape. @param length its length in the stream @param end the position of its end in the stream */
  private unescaped(bytes: readonly number[], length: number, end: number): void {
    this.jsonEscape = undefined;
    if (bytes.length === 0) {
      this.state = 0;
      return this.mark(this.read, length);
    }
    // the escape has more bytes than characters, which shifts the positions after its first character
    if (length > bytes.length) this.mark(this.read + 1, length - bytes.length);
    for (const byte of bytes) this.step(byte, end);
  }

  private percent(byte: number): void {
    const digits = this.escape;
    if (digits && hexValue(byte) >= 0) {
      digits.push(byte);
      if (digits.length === 1) return;
      this.escape = undefined;
      const decoded = hexValue(digits[0]!) * 16 + hexValue(digits[1]!);
      // an escape of three bytes shifts the positions after its character by two
      this.mark(this.read + 1, 2);
      const read = this.table[decoded]!;
      return this.step(read >= special ? decoded : read, this.taken + 1);
    }
    if (digits) {
      this.escape = undefined;
      // a percent sign without two digits is no escape
      this.step(percentSign, this.taken - digits.length);
      digits.forEach((digit, index) => this.step(digit, this.taken - digits.length + index + 1));
    }
    if (byte === percentSign) this.escape = [];
    else this.step(this.table[byte]!, this.taken + 1);
  }

  /** Processes a line break. @param run the number of base64 characters before it @param more the bytes before it that belong to it */
  private lineBreak(run: number, more = 0): void {
    const depth = this.automaton.depth[this.state]!;
    const enough = Math.min(shortestBeginning, this.read - this.line);
    const before = this.state === 0 ? 0 : this.positions.widthBefore(this.read);
    if (before > 0) {
      const width = 1 + more;
      this.positions.widen(width);
      if (before + width > longestBreak) this.state = 0;
      if (this.floor === this.taken - more) this.floor += width;
      return;
    }
    if (depth < enough && run < shortestLine) this.floor = this.taken + 1;
    this.line = this.read;
    this.mark(this.read, 1 + more);
  }

  private mark(before: number, width: number): void {
    // no match can begin in the earlier characters
    if (this.state === 0) this.positions.forget();
    this.positions.mark(before, width);
  }

  /** Returns the start of the last `length` characters, but no position that has been passed on already. */
  private startOf(length: number): number {
    return Math.max(this.floor, this.positions.of(this.read - length));
  }
}
