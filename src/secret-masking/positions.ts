interface Mark {
  before: number;
  /** The number of extra bytes in the whole stream up to this character. */
  surplus: number;
  /** The number of extra bytes directly before this character. */
  width: number;
}

/**
 * Maps the characters of a reading to their positions in the stream, which has extra bytes: line breaks and the rest of escapes. It only
 * remembers the extra bytes among the recent characters that can be part of a match.
 */
export class Positions {
  /** The number of extra bytes so far. */
  private surplus = 0;
  /** The recent places with extra bytes, by the character that follows them. */
  private marks: Mark[] = [];

  /** @param longest the length of the longest match in characters */
  constructor(private readonly longest: number) {}

  /** Forgets all marks, since no match can begin in the earlier bytes. */
  forget(): void {
    if (this.marks.length > 0) this.marks = [];
  }

  /** Counts extra bytes before which no match can begin. */
  pass(bytes: number): void {
    this.surplus += bytes;
    this.forget();
  }

  /** Counts extra bytes before a character. */
  mark(before: number, width: number): void {
    this.surplus += width;
    this.marks.push({ before, surplus: this.surplus, width });
    if (this.marks.length > 2 * this.longest + 16) this.marks = this.marks.slice(-this.longest - 8);
  }

  /** Returns the number of extra bytes directly before a character if they are the last mark, else 0. */
  widthBefore(character: number): number {
    const last = this.marks.at(-1);
    return last?.before === character ? last.width : 0;
  }

  /** Adds extra bytes to the last mark. */
  widen(width: number): void {
    const last = this.marks.at(-1)!;
    this.surplus += width;
    last.surplus += width;
    last.width += width;
  }

  /** Returns the position of a character in bytes from the start of the stream. */
  of(character: number): number {
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
