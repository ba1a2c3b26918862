import { AnsiStripper } from './ansi-stripper.js';

const lineFeed = 0x0a;
/** Context and the ends of lines are looked for so far before and after a match. */
const surroundings = 64 * 1024;
/** So much is gathered before it is searched, … */
const gathered = 256 * 1024;
/** … or so many frames: a command may write byte by byte. */
const mostWaiting = 10_000;
/** A search of what was gathered rests after so many matches: with context each of them may show 80 KB. */
const matchesAtOnce = 8;
/** Of a long line so much is shown, … */
const shownBytes = 2000;
/** … this much of it before the match. */
const shownBefore = 500;
/** An answer shows no more text than this, plus one match: with much context 500 matches would be 40 MB of it. */
const mostShown = 4 * 1024 * 1024;

export interface LineMatch {
  line: number;
  offset: number;
  match_offset: number;
  text: string;
  before: string[];
  after: string[];
}

export interface LineSearchOptions {
  text: string;
  ignoreCase: boolean;
  context: number;
  limit: number;
  stripAnsi: boolean;
}

/** Where a search goes on: a byte of the output, and the number of the line that begins there. */
export interface LineCursor {
  offset: number;
  line: number;
}

/** ASCII letters only: others have not the same length in both cases. */
function lowerCase(bytes: Buffer): Buffer {
  const lower = Buffer.from(bytes);
  for (let at = 0; at < lower.length; at += 1) {
    const byte = lower[at]!;
    if (byte >= 0x41 && byte <= 0x5a) lower[at] = byte | 0x20;
  }
  return lower;
}

/**
 * Finds the lines of a stream of bytes that hold a text. It holds less than a megabyte, however long the lines are, and works in
 * steps of about a millisecond, between which others can be served.
 */
export class LineSearch {
  readonly matches: LineMatch[] = [];
  private shownSoFar = 0;
  private readonly needle: Buffer;
  private bytes: Buffer = Buffer.alloc(0);
  /** What is searched: the bytes, in small letters if case does not count. */
  private searched: Buffer = this.bytes;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  /** Where pieces begin: a place in `bytes`, and what it is in the output. */
  private pieces: { at: number; offset: number }[] = [];
  /** The output before this byte has been given. */
  private reached: number;
  /** The next place in `bytes` to look at, … */
  private next = 0;
  /** … unless the rest of a line that has matched is still to come. */
  private inMatchedLine = false;
  /** Up to this place lines have been counted; `line` is the one that it is in, which begins at `lineOffset`. */
  private counted = 0;
  private line: number;
  private lineOffset: number | undefined;

  constructor(
    private readonly options: LineSearchOptions,
    private readonly start: LineCursor,
  ) {
    const needle = Buffer.from(options.text);
    this.needle = options.ignoreCase ? lowerCase(needle) : needle;
    this.line = start.line;
    this.reached = start.offset;
  }

  /** True when enough has come to be searched: `search` is to be called before more is added. */
  get isReady(): boolean {
    return this.waitingBytes >= gathered || this.waiting.length >= mostWaiting;
  }

  get isFull(): boolean {
    return this.matches.length >= this.options.limit || this.shownSoFar >= mostShown;
  }

  /** Takes the next bytes; those of another stream are only passed over. */
  add(offset: number, content: Buffer, counts: boolean): void {
    this.reached = offset + content.length;
    if (!counts) return;
    const last = this.pieces.at(-1);
    const at = this.bytes.length + this.waitingBytes;
    if (!last || last.offset + at - last.at !== offset) this.pieces.push({ at, offset });
    this.waiting.push(content);
    this.waitingBytes += content.length;
  }

  /** Where another search goes on: after the last match if it is full, else at the last line that may not be all there. */
  cursor(): LineCursor {
    if (this.isFull || this.inMatchedLine) return this.cursorAt(this.next);
    const begun = this.bytes.lastIndexOf(lineFeed, this.next - 1) + 1;
    const cursor = this.cursorAt(Math.max(begun, this.counted));
    // a search that was broken off in a line too long for it must get on all the same
    return cursor.offset > this.start.offset ? cursor : { offset: this.reached, line: this.line };
  }

  private cursorAt(place: number): LineCursor {
    this.count(place);
    return { offset: place < this.bytes.length ? this.offsetOf(place) : this.reached, line: this.line };
  }

  /**
   * Searches what was added, step by step.
   * @param isLast true when nothing more comes, so that the last lines are searched too
   */
  *search(isLast: boolean): Generator<void, void> {
    this.gather();
    const limit = isLast ? this.bytes.length : Math.max(0, this.bytes.length - surroundings);
    while (!this.isFull && this.next < limit) {
      if (this.inMatchedLine) {
        const end = this.bytes.indexOf(lineFeed, this.next);
        this.inMatchedLine = end < 0;
        this.next = end < 0 ? this.bytes.length : end + 1;
        continue;
      }
      const at = this.searched.indexOf(this.needle, this.next);
      if (at < 0 || at >= limit) this.next = limit;
      else {
        this.report(at);
        if (this.matches.length % matchesAtOnce === 0) yield;
      }
    }
  }

  private report(at: number): void {
    this.count(at);
    const start = this.bytes.lastIndexOf(lineFeed, at) + 1;
    const end = this.bytes.indexOf(lineFeed, at);
    const match = {
      line: this.line,
      offset: this.lineOffset ?? this.start.offset,
      match_offset: this.offsetOf(at),
      text: this.shown(start, end < 0 ? this.bytes.length : end, at),
      before: this.before(start),
      after: end < 0 ? [] : this.after(end + 1),
    };
    this.matches.push(match);
    this.inMatchedLine = end < 0;
    this.next = end < 0 ? this.bytes.length : end + 1;
  }

  private before(start: number): string[] {
    const lines: string[] = [];
    for (let end = start - 1; lines.length < this.options.context && end >= 0;) {
      const from = end === 0 ? 0 : this.bytes.lastIndexOf(lineFeed, end - 1) + 1;
      lines.unshift(this.shown(from, end));
      end = from - 1;
    }
    return lines;
  }

  private after(start: number): string[] {
    const lines: string[] = [];
    for (let from = start; lines.length < this.options.context && from < this.bytes.length;) {
      const found = this.bytes.indexOf(lineFeed, from);
      const end = found < 0 ? this.bytes.length : found;
      lines.push(this.shown(from, end));
      from = end + 1;
    }
    return lines;
  }

  private shown(start: number, end: number, match = start): string {
    let from = end - start <= shownBytes ? start : Math.max(start, match - shownBefore);
    const to = Math.min(end, from + shownBytes);
    // not from the middle of a character
    while (from > start && from < to && (this.bytes[from]! & 0xc0) === 0x80) from += 1;
    const bytes = this.bytes.subarray(from, to);
    // with what is taken out of it, which costs as much
    this.shownSoFar += bytes.length;
    return (this.options.stripAnsi ? new AnsiStripper().push(bytes) : bytes)
      .toString('utf8')
      .replace(/\r$/, '');
  }

  private count(to: number): void {
    let begun = -1;
    // a loop of our own: a million calls of indexOf, for as many empty lines, take 60 times as long
    for (let at = this.counted; at < to; at += 1) {
      if (this.bytes[at] !== lineFeed) continue;
      this.line += 1;
      begun = at + 1;
    }
    this.counted = Math.max(this.counted, to);
    if (begun >= 0) this.lineOffset = begun < this.bytes.length ? this.offsetOf(begun) : undefined;
  }

  private offsetOf(place: number): number {
    const piece = this.pieces[this.pieceAt(place)];
    return piece ? piece.offset + place - piece.at : this.start.offset;
  }

  /** The last piece that begins at a place or before it; -1 when there is none. */
  private pieceAt(place: number): number {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle]!.at <= place) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Adds what waits, and forgets what lies too far back to be shown. */
  private gather(): void {
    if (this.waiting.length === 0) return;
    const cut = Math.max(0, this.next - surroundings);
    this.count(Math.max(cut, this.counted));
    const fresh = Buffer.concat(this.waiting);
    const rest = this.searched.subarray(cut);
    this.bytes = Buffer.concat([this.bytes.subarray(cut), fresh]);
    this.searched = this.options.ignoreCase ? Buffer.concat([rest, lowerCase(fresh)]) : this.bytes;
    const first = this.pieceAt(cut);
    this.pieces = this.pieces
      .slice(Math.max(0, first))
      .map(({ at, offset }) => (at < cut ? { at: 0, offset: offset + cut - at } : { at: at - cut, offset }));
    this.next -= cut;
    this.counted -= cut;
    this.waiting = [];
    this.waitingBytes = 0;
    this.lineOffset ??= this.counted < this.bytes.length ? this.offsetOf(this.counted) : undefined;
  }
}
