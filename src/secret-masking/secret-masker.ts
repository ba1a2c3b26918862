import { PatternScanner } from './pattern-scanner.js';
import type { SecretPatterns } from './secret-patterns.js';

const mask = Buffer.from('***');
const nothing = Buffer.alloc(0);

/** A range to mask, in bytes from the start of the stream. */
interface Range {
  start: number;
  end: number;
  /** True once the mask for it has been passed on. */
  shown: boolean;
}

/**
 * Masks secrets in one stream, independently of how it is cut into chunks. Bytes that could be the beginning of a secret are held until
 * later bytes decide, at most as many as the longest form of a secret; all others pass at once. There is no timeout for held bytes, since
 * the rest of the secret may come at any time.
 */
export class SecretMasker {
  private readonly scanners: readonly PatternScanner[];
  private ranges: Range[] = [];
  /** The ranges found in the current chunk: unordered, and some of them overlap. */
  private found: Range[] = [];
  private held: Buffer = nothing;
  /** The position of the first held byte in the stream. */
  private start = 0;

  constructor(patterns: SecretPatterns) {
    this.scanners = patterns.sets.map(
      ({ automaton, skips, reading }) =>
        new PatternScanner(automaton, skips, reading, (start, end) => this.find(start, end)),
    );
  }

  /** Masks the next chunk. @returns the bytes that can be passed on now; may be empty */
  push(chunk: Buffer): Buffer {
    let decided = Infinity;
    for (const scanner of this.scanners) {
      scanner.scan(chunk);
      decided = Math.min(decided, scanner.decided);
    }
    if (this.found.length > 0) this.join();
    return this.release(this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]), decided);
  }

  /** Ends the stream. @returns the held bytes: the beginning of a secret that never became complete */
  end(): Buffer {
    return this.release(this.held, this.start + this.held.length);
  }

  /** Records a range. It is merged with the last one if they overlap, since every byte of an output may end a match. */
  private find(start: number, end: number): void {
    const last = this.found.at(-1);
    if (last === undefined || start >= last.end || end <= last.start)
      this.found.push({ start, end, shown: false });
    else {
      last.start = Math.min(last.start, start);
      last.end = Math.max(last.end, end);
    }
  }

  /** Merges overlapping ranges. Adjacent ones stay separate, so that the result does not depend on the cuts between chunks. */
  private join(): void {
    const ranges: Range[] = [];
    for (const range of [...this.ranges, ...this.found].toSorted((a, b) => a.start - b.start)) {
      const last = ranges.at(-1);
      if (last && range.start < last.end) {
        last.end = Math.max(last.end, range.end);
        last.shown ||= range.shown;
      } else {
        ranges.push(range);
      }
    }
    this.ranges = ranges;
    this.found = [];
  }

  private release(bytes: Buffer, decided: number): Buffer {
    const end = decided - this.start;
    if (this.ranges.length === 0 && end === bytes.length) {
      this.start = decided;
      this.held = nothing;
      return bytes;
    }
    const pieces: Buffer[] = [];
    let at = this.start;
    let done = 0;
    for (const range of this.ranges) {
      if (range.start >= decided) break;
      if (range.start > at) pieces.push(bytes.subarray(at - this.start, range.start - this.start));
      if (!range.shown) pieces.push(mask);
      range.shown = true;
      at = Math.max(at, Math.min(range.end, decided));
      if (range.end > decided) break;
      done += 1;
    }
    this.ranges = this.ranges.slice(done);
    if (at < decided) pieces.push(bytes.subarray(at - this.start, end));
    // The bytes are copied, so that a few of them do not keep the whole chunk in memory.
    this.held = Buffer.from(bytes.subarray(end));
    this.start = decided;
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }
}

/** Masks the secrets in a text. */
export function maskText(patterns: SecretPatterns, text: string): string {
  const masker = new SecretMasker(patterns);
  return Buffer.concat([masker.push(Buffer.from(text)), masker.end()]).toString();
}
