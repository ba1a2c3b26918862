import { PatternScanner } from './pattern-scanner.js';
import type { SecretPatterns } from './secret-patterns.js';

const mask = Buffer.from('***');
const nothing = Buffer.alloc(0);

/** A place to mask, in bytes from the start of the stream. */
interface Place {
  start: number;
  end: number;
  /** True once the mask for it has been passed on. */
  shown: boolean;
}

/**
 * Replaces secrets in one stream, wherever its chunks are cut. What could be the beginning of a secret is held until the bytes
 * after it decide, at most the longest form of a secret; everything else passes at once. It is not let go after a while, since
 * the rest of the secret may come later.
 */
export class SecretMasker {
  private readonly scanners: readonly PatternScanner[];
  private places: Place[] = [];
  /** Found in the present chunk: in no order, and some of them overlap. */
  private found: Place[] = [];
  private held: Buffer = nothing;
  /** The position of the first held byte in the stream. */
  private start = 0;

  constructor(patterns: SecretPatterns) {
    this.scanners = patterns.sets.map(
      ({ automaton, skips, reading }) =>
        new PatternScanner(automaton, skips, reading, (start, end) => this.find(start, end)),
    );
  }

  /** @returns the bytes that can be passed on now; may be empty */
  push(chunk: Buffer): Buffer {
    let decided = Infinity;
    for (const scanner of this.scanners) {
      scanner.scan(chunk);
      decided = Math.min(decided, scanner.decided);
    }
    if (this.found.length > 0) this.join();
    return this.release(this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]), decided);
  }

  /** @returns what was held at the end of the stream: the beginning of a secret that never came whole */
  end(): Buffer {
    return this.release(this.held, this.start + this.held.length);
  }

  /** Of a flood in which every byte ends a secret, all places but the first only make it longer. */
  private find(start: number, end: number): void {
    const last = this.found.at(-1);
    if (last === undefined || start >= last.end || end <= last.start)
      this.found.push({ start, end, shown: false });
    else {
      last.start = Math.min(last.start, start);
      last.end = Math.max(last.end, end);
    }
  }

  /** Places that overlap become one; those that only touch stay two, so that the cuts between chunks make no difference. */
  private join(): void {
    const places: Place[] = [];
    for (const place of [...this.places, ...this.found].toSorted((a, b) => a.start - b.start)) {
      const last = places.at(-1);
      if (last && place.start < last.end) {
        last.end = Math.max(last.end, place.end);
        last.shown ||= place.shown;
      } else {
        places.push(place);
      }
    }
    this.places = places;
    this.found = [];
  }

  private release(bytes: Buffer, decided: number): Buffer {
    const end = decided - this.start;
    if (this.places.length === 0 && end === bytes.length) {
      this.start = decided;
      this.held = nothing;
      return bytes;
    }
    const pieces: Buffer[] = [];
    let at = this.start;
    let done = 0;
    for (const place of this.places) {
      if (place.start >= decided) break;
      if (place.start > at) pieces.push(bytes.subarray(at - this.start, place.start - this.start));
      if (!place.shown) pieces.push(mask);
      place.shown = true;
      at = Math.max(at, Math.min(place.end, decided));
      if (place.end > decided) break;
      done += 1;
    }
    this.places = this.places.slice(done);
    if (at < decided) pieces.push(bytes.subarray(at - this.start, end));
    // The bytes are copied, so that a few of them do not keep the whole chunk in memory.
    this.held = Buffer.from(bytes.subarray(end));
    this.start = decided;
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }
}

/** A text without the secrets. */
export function maskText(patterns: SecretPatterns, text: string): string {
  const masker = new SecretMasker(patterns);
  return Buffer.concat([masker.push(Buffer.from(text)), masker.end()]).toString();
}
