/** No more characters are looked at together than this: a longer window seldom lets skip more. */
const longestWindow = 8;
const block = 3;
const size = 65_536;

/** The place of three characters in the tables; equal ones share it, and some others do too. */
export function hashOf(first: number, second: number, third: number): number {
  return ((first << 10) ^ (second << 5) ^ third) & (size - 1);
}

/**
 * How far one may go on without missing the start of a string, after Wu and Manber (1994): most of a text is passed over a window
 * at a time, and only what may be the start of a string is looked at byte by byte.
 */
export class SkipTable {
  /** How many characters the window has; no string is shorter. */
  readonly window: number;
  /** By the last three characters of the window: how many places cannot be the start of a string. */
  readonly shift: Uint8Array;
  /** By the first three characters: whether they may be the start of one. */
  readonly starts = new Uint8Array(size);

  /** @param strings none of them shorter than three characters */
  constructor(strings: readonly Uint8Array[]) {
    this.window = strings.reduce((least, { length }) => Math.min(least, length), longestWindow);
    this.shift = new Uint8Array(size).fill(this.window - block + 1);
    for (const string of strings) {
      this.starts[hashOf(string[0]!, string[1]!, string[2]!)] = 1;
      for (let at = 0; at + block <= this.window; at += 1) {
        const place = hashOf(string[at]!, string[at + 1]!, string[at + 2]!);
        this.shift[place] = Math.min(this.shift[place]!, this.window - block - at);
      }
    }
  }
}
