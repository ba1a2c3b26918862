import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** The output of `millrace`: results on stdout, messages and progress on stderr. Colours and progress appear only on a terminal. */
export class Terminal {
  constructor(
    readonly json: boolean,
    private readonly environment = process.env,
  ) {}

  /** Prints a result, as JSON for scripts or as text for people. */
  show(value: unknown, forPeople: () => string): void {
    this.line(this.json ? escapedJson(value, 2) : forPeople());
  }

  line(text: string): void {
    process.stdout.write(`${process.stdout.isTTY && !this.json ? harmless(text) : text}\n`);
  }

  /** Prints a message that is not part of the result. */
  note(text: string): void {
    process.stderr.write(`${harmless(text)}\n`);
  }

  colour(style: Style, text: string): string {
    return this.hasColours(process.stdout) ? styleText(style, text) : text;
  }

  /** Prints a table with headings. */
  table(headings: string[], rows: (string | number | null | undefined)[][]): string {
    const cells = rows.map((row) => row.map((cell) => oneLine(cell)));
    const widths = headings.map((heading, column) =>
      Math.max(heading.length, ...cells.map((row) => [...(row[column] ?? '')].length)),
    );
    const pad = (row: string[]) =>
      row
        .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length))
        .join('  ')
        .trimEnd();
    const lines = cells.map((row) => this.painted(pad(row)));
    return [this.colour('bold', pad(headings)), ...lines].join('\n');
  }

  /** Prints names and values, one a line. */
  facts(pairs: [string, unknown][]): string {
    const width = Math.max(...pairs.map(([name]) => name.length));
    return pairs
      .map(([name, value]) => `${this.colour('dim', name.padEnd(width))}  ${oneLine(value)}`)
      .join('\n');
  }

  /** Shows a progress line, which is removed at its end. @returns the progress, to end it */
  progress(text: string): { say(text: string): void; end(): void } {
    if (!process.stderr.isTTY || this.json) return { say: () => undefined, end: () => undefined };
    const started = Date.now();
    let shown = oneLine(text);
    const draw = () => {
      const seconds = Math.round((Date.now() - started) / 1000);
      process.stderr.write(`\r\u001b[K${shown}${seconds > 1 ? ` (${seconds} s)` : ''}`);
    };
    draw();
    const timer = setInterval(draw, 500);
    let over = false;
    return {
      say: (next) => {
        shown = oneLine(next);
        if (!over) draw();
      },
      end: () => {
        if (over) return;
        over = true;
        clearInterval(timer);
        process.stderr.write('\r\u001b[K');
      },
    };
  }

  /** https://no-color.org */
  private hasColours(stream: NodeJS.WriteStream): boolean {
    if (this.environment['NO_COLOR']) return false;
    return Boolean(this.environment['FORCE_COLOR']) || (stream.isTTY && this.environment['TERM'] !== 'dumb');
  }

  private painted(line: string): string {
    return line
      .replace(/\b(completed|delivered|active)\b/, (word) => this.colour('green', word))
      .replace(/\b(failed|disabled)\b/, (word) => this.colour('red', word))
      .replace(/\b(running|queued)\b/, (word) => this.colour('cyan', word));
  }
}

/** Writes JSON in which every control character is escaped; JSON itself escapes those of ASCII only. */
export function escapedJson(value: unknown, space?: number): string {
  return JSON.stringify(value, null, space).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Leaves out of a text that comes in pieces what `harmless` leaves out. A sequence that is cut by the end of a piece is no sequence any more. */
export async function* harmlessPieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const piece of source) yield harmless(decoder.decode(piece, { stream: true }));
  yield harmless(decoder.decode());
}

/** Leaves out the control characters of a text that steer a terminal, but for line feeds, tabs and colours. */
export function harmless(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is meant
  return text.replace(/\u001b(?!\[[\d;]*m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f]/g, '');
}

/** Shows a value in one line, without control characters: what others have written must not steer the terminal. */
export function oneLine(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  const text = Array.isArray(value) ? value.join(', ') : String(value as string | number | boolean);
  return text.replace(/\p{Cc}+/gu, ' ');
}
