/** The longest window in characters; a longer one seldom skips more. */
const longestWindow = 8;
const block = 3;
const size = 65_536;
/** The number of strings that are added between two yields of `build`: well below a millisecond. */
const stringsAtOnce = 1_024;

/** Returns the index of three characters in the tables. Different characters may share an index. */
export function hashOf(first: number, second: number, third: number): number {
  return ((first << 10) ^ (second << 5) ^ third) & (size - 1);
}

/**
 * Tables of how far a search can skip without missing the start of a string (Wu and Manber, 1994). Most of a text is skipped a window at
 * a time, and only possible starts of a string are examined byte by byte.
 */
export class SkipTable {
  /** The length of the window in characters; no string is shorter. */
  readonly window: number;
  /** The number of positions that can be skipped, by the hash of the last three characters of the window. */
  readonly shift: Uint8Array;
  /** Whether a string may start with three characters, by their hash. */
  readonly starts = new Uint8Array(size);

  /** @param strings none of them shorter than three characters; `build` must get the same ones */
  constructor(strings: readonly Uint8Array[]) {
    this.window = strings.reduce((least, { length }) => Math.min(least, length), longestWindow);
    this.shift = new Uint8Array(size).fill(this.window - block + 1);
  }

  /** Fills the tables. It must be run to its end before a search, and yields often, so that other work can run in between. */
  *build(strings: readonly Uint8Array[]): Generator<undefined, void> {
    let taken = 0;
    for (const string of strings) {
      this.starts[hashOf(string[0]!, string[1]!, string[2]!)] = 1;
      for (let at = 0; at + block <= this.window; at += 1) {
        const place = hashOf(string[at]!, string[at + 1]!, string[at + 2]!);
        this.shift[place] = Math.min(this.shift[place]!, this.window - block - at);
      }
      taken += 1;
      if (taken % stringsAtOnce === 0) yield;
    }
  }
}
