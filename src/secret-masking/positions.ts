interface Mark {
  before: number;
  /** Of the whole stream up to here. */
  surplus: number;
  /** Of this place. */
  width: number;
}

/** Where the characters of a reading stand in the stream, whose bytes are more. Of the past only what may still matter is known. */
export class Positions {
  /** Bytes so far that are no character of their own, … */
  private surplus = 0;
  /** … and where they stand: before this character there are so many, for those of the last characters that may matter. */
  private marks: Mark[] = [];

  /** @param longest how many of the last characters may matter */
  constructor(private readonly longest: number) {}

  /** Nothing that came earlier matters any more. */
  forget(): void {
    if (this.marks.length > 0) this.marks = [];
  }

  /** Counts bytes before which nothing matters. */
  pass(bytes: number): void {
    this.surplus += bytes;
    this.forget();
  }

  /** Counts bytes before a character. */
  mark(before: number, width: number): void {
    this.surplus += width;
    this.marks.push({ before, surplus: this.surplus, width });
    if (this.marks.length > 2 * this.longest + 16) this.marks = this.marks.slice(-this.longest - 8);
  }

  /** How many bytes stand directly before a character, if they are the last that were counted. */
  widthBefore(character: number): number {
    const last = this.marks.at(-1);
    return last?.before === character ? last.width : 0;
  }

  /** Counts more bytes at the last place. */
  widen(width: number): void {
    const last = this.marks.at(-1)!;
    this.surplus += width;
    last.surplus += width;
    last.width += width;
  }

  /** Where a character begins, in bytes from the start of the stream. */
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
