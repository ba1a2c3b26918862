import { isUtf8 } from 'node:buffer';
import { AppError } from '../../common/errors.js';
import { endOfString, faultOfJson } from '../../request-limits/json-bounds.js';

/** A value within a JSON document. */
export interface JsonValue {
  /** The names of the fields that lead to it, joined by points, with `*` for the items of a list; empty for the whole document. */
  path: string;
  /** The line on which it begins, from 1. */
  line: number;
  value: unknown;
  /** Why the value is refused although it is JSON: too deep, too many values, or a number that cannot be kept exactly. */
  fault?: string;
  /** What begins here, when its values follow one by one. */
  begins?: 'object' | 'list';
}

/**
 * Reads a JSON document value by value, so that a large one neither blocks the event loop nor is in memory as a whole, and each value has
 * its line.
 * @param within the paths of the objects and lists whose values are read one by one; the others are read as a whole
 * @throws MALFORMED_REQUEST with the line, when that place is reached
 */
export function* jsonValues(bytes: Buffer, within: readonly string[]): Generator<JsonValue> {
  if (!isUtf8(bytes)) throw new AppError('MALFORMED_REQUEST', {}, { message: 'The file is not UTF-8' });
  const cursor = new Cursor(bytes);
  yield* valuesAt(cursor, '', new Set(within));
  cursor.skipSpace();
  if (cursor.byte !== undefined) throw cursor.malformed('something follows the end of the JSON');
}

function* valuesAt(cursor: Cursor, path: string, within: ReadonlySet<string>): Generator<JsonValue> {
  cursor.skipSpace();
  const begins = within.has(path) ? containers[cursor.byte ?? 0] : undefined;
  if (begins === undefined) return yield cursor.takeValue(path);
  yield { path, line: cursor.line, value: undefined, begins };
  yield* begins === 'object' ? fieldsOf(cursor, path, within) : itemsOf(cursor, path, within);
}

function* itemsOf(cursor: Cursor, path: string, within: ReadonlySet<string>): Generator<JsonValue> {
  cursor.take(openBracket, 'a list');
  if (cursor.takeIf(closeBracket)) return;
  do yield* valuesAt(cursor, join(path, '*'), within);
  while (cursor.takeIf(comma));
  cursor.take(closeBracket, 'a comma or the end of the list');
}

function* fieldsOf(cursor: Cursor, path: string, within: ReadonlySet<string>): Generator<JsonValue> {
  cursor.take(openBrace, 'an object');
  if (cursor.takeIf(closeBrace)) return;
  do {
    cursor.skipSpace();
    if (cursor.byte !== quote) throw cursor.malformed('the name of a field is missing');
    const name = String(cursor.takeValue(path).value);
    cursor.take(colon, 'a colon');
    yield* valuesAt(cursor, join(path, name), within);
  } while (cursor.takeIf(comma));
  cursor.take(closeBrace, 'a comma or the end of the object');
}

/** A field without a name has one in a path, or the path would be that of what it is in. */
const join = (path: string, name: string) => `${path === '' ? '' : `${path}.`}${name || '""'}`;

const code = (character: string) => character.charCodeAt(0);
const [openBrace, closeBrace, openBracket, closeBracket] = [code('{'), code('}'), code('['), code(']')];
const [comma, colon, quote, newline] = [code(','), code(':'), code('"'), code('\n')];
const spaces = new Set([code(' '), code('\t'), newline, code('\r')]);
const ends = new Set([comma, closeBrace, closeBracket, ...spaces]);

const containers: Record<number, 'object' | 'list'> = { [openBrace]: 'object', [openBracket]: 'list' };

/** A place in a document. */
class Cursor {
  private at: number;
  private lines = 1;
  /** Where the first newline is behind which lines have not been counted; the length of the document when there is none. */
  private newlineAt = -1;

  constructor(private readonly bytes: Buffer) {
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.at = hasMark ? 3 : 0;
    this.findNewline();
  }

  get byte(): number | undefined {
    return this.bytes[this.at];
  }

  skipSpace(): void {
    while (this.byte !== undefined && spaces.has(this.byte)) this.at += 1;
  }

  takeIf(byte: number): boolean {
    this.skipSpace();
    if (this.byte !== byte) return false;
    this.at += 1;
    return true;
  }

  take(byte: number, what: string): void {
    if (!this.takeIf(byte)) throw this.malformed(`${what} is missing`);
  }

  /** Parses the value that begins here. */
  takeValue(path: string): JsonValue {
    const { line } = this;
    const start = this.at;
    this.at = this.endOfValue();
    const json = this.bytes.subarray(start, this.at);
    const fault = faultOfJson(json);
    if (fault !== undefined) return { path, line, value: undefined, fault };
    try {
      return { path, line, value: JSON.parse(json.toString()) };
    } catch (cause) {
      throw malformedAt(line, (cause as Error).message, cause);
    }
  }

  malformed(issue: string): AppError {
    return malformedAt(this.line, issue);
  }

  /** The line of the place; the place only moves forward. */
  get line(): number {
    while (this.newlineAt < this.at) {
      this.lines += 1;
      this.findNewline();
    }
    return this.lines;
  }

  private findNewline(): void {
    const next = this.bytes.indexOf(newline, this.newlineAt + 1);
    this.newlineAt = next < 0 ? this.bytes.length : next;
  }

  private endOfValue(): number {
    const { bytes } = this;
    let depth = 0;
    for (let at = this.at; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (byte === quote) {
        at = endOfString(bytes, at + 1);
        if (depth === 0) return Math.min(at + 1, bytes.length);
      } else if (byte === openBrace || byte === openBracket) depth += 1;
      else if (depth === 0 && ends.has(byte)) return at;
      else if (byte === closeBrace || byte === closeBracket) {
        depth -= 1;
        if (depth === 0) return at + 1;
      }
    }
    return bytes.length;
  }
}

function malformedAt(line: number, issue: string, cause?: unknown): AppError {
  return new AppError('MALFORMED_REQUEST', { line, issue }, { message: 'The file is not JSON', cause });
}
