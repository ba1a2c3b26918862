import type { Automaton } from './automaton.js';
import { hexValue, isBase64, percentSign, special, specials, tables, type Reading } from './reading.js';
import { hashOf, type SkipTable } from './skip-table.js';

interface Mark {
  before: number;
  /** Of the whole stream up to here. */
  surplus: number;
  /** Of this place. */
  width: number;
}

/** A line break has at most so many bytes; an empty line ends what was encoded, so that what is held stays bounded. */
const longestBreak = 2;
/**
 * Only a line that ends in at least so many characters of base64 goes on in the next one: tools break after 60, 64 or 76. Else the
 * last letter of every other line of ordinary output would be held until the next line comes.
 */
const shortestLine = 16;

/** Looks through one stream in one reading. Positions are bytes of the stream as it came, from its start. */
export class PatternScanner {
  private state = 0;
  /** Characters read. */
  private read = 0;
  /** Bytes taken. */
  private taken = 0;
  /** Bytes so far that are no character of their own, … */
  private surplus = 0;
  /** … and where they stand: before this character there are so many, for those of the last characters that may matter. */
  private marks: Mark[] = [];
  /** The start of a `%41` that is not all there: the bytes after the percent sign, or undefined. */
  private escape: number[] | undefined;
  /** How many characters of base64 the stream ends with, up to `shortestLine`. */
  private run = 0;
  private readonly ahead: number[] = [];
  private readonly table: Uint16Array;

  constructor(
    private readonly automaton: Automaton,
    private readonly skips: SkipTable,
    private readonly reading: Reading,
    /** Told of every place to hide: from where to where. */
    private readonly found: (start: number, end: number) => void,
  ) {
    this.table = tables[reading];
  }

  /** Everything before this position is decided. */
  get decided(): number {
    const depth = this.automaton.depth[this.state]!;
    if (depth === 0) return this.taken - (this.escape ? 1 + this.escape.length : 0);
    return this.positionOf(this.read - depth);
  }

  scan(chunk: Uint8Array): void {
    const { automaton, table, skips } = this;
    const { child, label, match, depth } = automaton;
    const before = this.taken;
    let { state, read } = this;
    let limit = this.nextSpecial(chunk, 0);
    let at = 0;
    while (at < chunk.length) {
      if (state === 0 && this.escape === undefined) {
        const from = at;
        at = this.skip(chunk, at, limit);
        // all of it is behind us, line breaks too
        if (at > from) this.marks = [];
        read += at - from;
      }
      let first = true;
      while (at < chunk.length) {
        const byte = table[chunk[at]!]!;
        if (byte >= special || this.escape !== undefined) {
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
          if (match[state] !== 0) this.found(this.positionOf(read - match[state]!), before + at);
        }
        first = false;
        if (state === 0 && this.escape === undefined && at + skips.window <= limit) break;
      }
    }
    this.state = state;
    this.read = read;
    this.taken = before + chunk.length;
    this.run = this.runBefore(chunk, chunk.length);
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
    if (length !== 0) this.found(this.positionOf(this.read - length), end);
  }

  /** A byte that is part of a line break or of an escape, or ends one. */
  private exceptional(chunk: Uint8Array, at: number): void {
    const byte = chunk[at]!;
    if (this.reading === 'base64') return this.lineBreak(this.runBefore(chunk, at));
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

  private lineBreak(run: number): void {
    const last = this.marks.at(-1);
    const goesOn = this.state !== 0 && last?.before === this.read;
    if (goesOn) {
      this.surplus += 1;
      last.surplus += 1;
      last.width += 1;
      if (last.width > longestBreak) this.state = 0;
      return;
    }
    if (run < shortestLine) this.state = 0;
    this.mark(this.read, 1);
  }

  private mark(before: number, width: number): void {
    this.surplus += width;
    // nothing that came earlier may be the start of something
    if (this.state === 0) this.marks = [];
    this.marks.push({ before, surplus: this.surplus, width });
    if (this.marks.length > 2 * this.automaton.longest + 16)
      this.marks = this.marks.slice(-this.automaton.longest - 8);
  }

  /** Where a character began. */
  private positionOf(character: number): number {
    const { marks } = this;
    const first = marks[0];
    if (!first) return character + this.surplus;
    let low = 0;
    let high = marks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (marks[middle]!.before <= character) low = middle + 1;
      else high = middle;
    }
    if (low > 0) return character + marks[low - 1]!.surplus;
    return character + first.surplus - first.width;
  }
}
