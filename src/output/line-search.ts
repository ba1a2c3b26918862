import { AnsiStripper } from './ansi-stripper.js';

const lineFeed = 0x0a;
/** How far before and after a match its line and the context lines are searched for. */
const surroundings = 64 * 1024;
/** The bytes of a batch: chunks are collected until there are so many to search. */
const batchBytes = 256 * 1024;
/** The most chunks of a batch, since a command may write byte by byte. */
const batchChunks = 10_000;
/** The search of a batch yields after so many matches: with context, each of them may show 80 KB. */
const matchesAtOnce = 8;
/** The most bytes of a long line that a match shows. */
const shownBytes = 2000;
/** The most of these bytes that are before the match. */
const shownBefore = 500;
/** A response shows no more text than this, plus one match: with much context, 500 matches would be 40 MB. */
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

/** The position from which a search continues: a byte of the output, and the number of the line that begins there. */
export interface LineCursor {
  offset: number;
  line: number;
}

/** Converts ASCII letters to lower case. Others are left, since they can have another length in lower case. */
function lowerCase(bytes: Buffer): Buffer {
  const lower = Buffer.from(bytes);
  for (let at = 0; at < lower.length; at += 1) {
    const byte = lower[at]!;
    if (byte >= 0x41 && byte <= 0x5a) lower[at] = byte | 0x20;
  }
  return lower;
}

/**
 * Finds the lines of a stream of bytes that contain a text. It buffers less than a megabyte, however long the lines are, and works in
 * steps of about a millisecond, between which the event loop can serve others.
 */
export class LineSearch {
  readonly matches: LineMatch[] = [];
  private shownSoFar = 0;
  private readonly needle: Buffer;
  private bytes: Buffer = Buffer.alloc(0);
  /** The bytes that are searched: `bytes`, in lower case if the search ignores case. */
  private searched: Buffer = this.bytes;
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  /** The starts of contiguous pieces: each is a position in `bytes` and its offset in the output. */
  private pieces: { at: number; offset: number }[] = [];
  /** The offset in the output up to which `add` was called. */
  private reached: number;
  /** The position in `bytes` from which the search continues. */
  private next = 0;
  /** True while the search skips the rest of a line that has matched. */
  private inMatchedLine = false;
  /** The position in `bytes` up to which lines were counted; it is in the line number `line`, which begins at `lineOffset`. */
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

  /** True when a batch is complete: `search` must be called before more is added. */
  get isReady(): boolean {
    return this.waitingBytes >= batchBytes || this.waiting.length >= batchChunks;
  }

  get isFull(): boolean {
    return this.matches.length >= this.options.limit || this.shownSoFar >= mostShown;
  }

  /** Adds the next bytes of the output. @param isSearched false for bytes of a stream that is not searched */
  add(offset: number, content: Buffer, isSearched: boolean): void {
    this.reached = offset + content.length;
    if (!isSearched) return;
    const last = this.pieces.at(-1);
    const at = this.bytes.length + this.waitingBytes;
    if (!last || last.offset + at - last.at !== offset) this.pieces.push({ at, offset });
    this.waiting.push(content);
    this.waitingBytes += content.length;
  }

  /** Returns the position for another search: after the last match if this one is full, else the start of the last, incomplete line. */
  cursor(): LineCursor {
    if (this.isFull || this.inMatchedLine) return this.cursorAt(this.next);
    const begun = this.bytes.lastIndexOf(lineFeed, this.next - 1) + 1;
    const cursor = this.cursorAt(Math.max(begun, this.counted));
    // a search that ended within a very long line must not return the position where it began, or the next one would get no further
    return cursor.offset > this.start.offset ? cursor : { offset: this.reached, line: this.line };
  }

  private cursorAt(position: number): LineCursor {
    this.count(position);
    return {
      offset: position < this.bytes.length ? this.offsetOf(position) : this.reached,
      line: this.line,
    };
  }

  /**
   * Searches the added bytes, step by step.
   * @param isLast true when no more bytes will be added, so that the last lines are searched, too
   */
  *search(isLast: boolean): Generator<void, void> {
    this.mergeBatch();
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
    // skips the rest of a character that begins before `from`
    while (from > start && from < to && (this.bytes[from]! & 0xc0) === 0x80) from += 1;
    const bytes = this.bytes.subarray(from, to);
    // includes control sequences that are removed, which cost as much work
    this.shownSoFar += bytes.length;
    return (this.options.stripAnsi ? new AnsiStripper().push(bytes) : bytes)
      .toString('utf8')
      .replace(/\r$/, '');
  }

  private count(to: number): void {
    let begun = -1;
    // a plain loop, since a million calls of indexOf, for as many empty lines, take 60 times as long
    for (let at = this.counted; at < to; at += 1) {
      if (this.bytes[at] !== lineFeed) continue;
      this.line += 1;
      begun = at + 1;
    }
    this.counted = Math.max(this.counted, to);
    if (begun >= 0) this.lineOffset = begun < this.bytes.length ? this.offsetOf(begun) : undefined;
  }

  private offsetOf(position: number): number {
    const piece = this.pieces[this.pieceAt(position)];
    return piece ? piece.offset + position - piece.at : this.start.offset;
  }

  /** Finds the index of the piece that contains a position; -1 when there is none. */
  private pieceAt(position: number): number {
    let low = 0;
    let high = this.pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle]!.at <= position) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Appends the collected chunks to `bytes`, and drops the bytes that are too far back to be shown. */
  private mergeBatch(): void {
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
