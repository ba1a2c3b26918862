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
 * Breaks and backslashes between two characters have at most so many bytes: CR, LF, a backslash, CR, LF. More of them end what was
 * encoded, so that what is held stays bounded.
 */
const longestBreak = 5;
/**
 * The end of a line is held for what the next line brings if it has so many characters of base64 (tools break after 60, 64 or 76), or so
 * many of what is looked for, or nothing else. Of every other line it would be held for its last letter; a secret that begins there
 * is hidden from the next line on.
 */
const shortestLine = 16;
const shortestBeginning = 4;

/** Looks through one stream in one reading. Positions are bytes of the stream as it came, from its start. */
export class PatternScanner {
  private state = 0;
  /** Characters read. */
  private read = 0;
  /** Bytes taken. */
  private taken = 0;
  private readonly positions: Positions;
  /** The start of a `%41` that is not all there: the bytes after the percent sign, or undefined. */
  private escape: number[] | undefined;
  private jsonEscape: JsonEscape | undefined;
  private inEscape = false;
  /** The first character of the present line. */
  private line = 0;
  /** Everything before this position has been passed on. */
  private floor = 0;
  /** How many characters of base64 the stream ends with, up to `shortestLine`. */
  private run = 0;
  private readonly ahead: number[] = [];
  private readonly table: Uint16Array;

  constructor(
    private readonly automaton: Automaton,
    private readonly skips: SkipTable,
    private readonly reading: Reading,
    /** Called with the start and end of every place to mask. */
    private readonly found: (start: number, end: number) => void,
  ) {
    this.table = tables[reading];
    this.positions = new Positions(automaton.longest);
  }

  /** Everything before this position is decided. */
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
        // all of it is behind us, line breaks too
        if (at > from) this.positions.forget();
        read += at - from;
      }
      let first = true;
      while (at < chunk.length) {
        const byte = table[chunk[at]!]!;
        const passed = state === 0 && byte >= special && !this.inEscape ? this.pass(chunk, at) : 0;
        if (passed > 0) {
          // a break has no character of its own, an escape has one
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
          // it begins anew here, and may be passed over
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
   * Passes over a line break, or an escape of one character, that nothing begins before or with: of most text every special byte.
   * @returns how many bytes, 0 when it has to be looked at
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

  /** @returns the next place from `from` on that may be the start of a string, or that the window does not fit at any more */
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

  /** Where the next byte stands that is not simply read. What was found is kept: a chunk may hold many of one and none of another. */
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

  /** A byte that is part of a line break or of an escape, or ends one. */
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
      // a backslash at the end of a line is a part of the break, as in a shell
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

  /** @param length of the escape, @param end where it ends in the stream */
  private unescaped(bytes: readonly number[], length: number, end: number): void {
    this.jsonEscape = undefined;
    if (bytes.length === 0) {
      this.state = 0;
      return this.mark(this.read, length);
    }
    // what comes after its first byte stands so much further on
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
      // what comes after this character stands two bytes further on
      this.mark(this.read + 1, 2);
      const read = this.table[decoded]!;
      return this.step(read >= special ? decoded : read, this.taken + 1);
    }
    if (digits) {
      this.escape = undefined;
      // it was no escape after all
      this.step(percentSign, this.taken - digits.length);
      digits.forEach((digit, index) => this.step(digit, this.taken - digits.length + index + 1));
    }
    if (byte === percentSign) this.escape = [];
    else this.step(this.table[byte]!, this.taken + 1);
  }

  /** @param run how many characters of base64 stand before it, @param more bytes before it that belong to it */
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
    // nothing that came earlier may be the start of something
    if (this.state === 0) this.positions.forget();
    this.positions.mark(before, width);
  }

  /** Where the last characters begin that what is looked for has, as far as they have not been let go. */
  private startOf(length: number): number {
    return Math.max(this.floor, this.positions.of(this.read - length));
  }
}
