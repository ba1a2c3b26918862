import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../common/errors.js';

/** So long a piece of an answer may keep others waiting, in ms. */
const sliceMs = 5;
/** A page of the default size fits, whatever its items are. */
const mostAnswerBytes = 32 * 1024 * 1024;

/** Does work when its turn has come, one after the other. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Writes an object as JSON. What takes longer than 5 ms is written a few items of its lists at a time, and others are served in between.
 * @param inTurn keeps large answers from being written, and held, all at once
 * @returns text, or UTF-8 of what took longer
 * @throws ANSWER_TOO_LARGE, and what `inTurn` throws
 */
export function jsonText(object: object, inTurn: InTurn): string | Promise<Buffer> {
  const pieces = piecesOf(object, 2);
  const text = slice(pieces);
  return text.isLast ? text.json : inTurn(() => restOf(pieces, text.json));
}

async function restOf(pieces: Iterator<string>, first: string): Promise<Buffer> {
  const written = [Buffer.from(first)];
  let bytes = written[0]!.length;
  for (;;) {
    await nextTurn();
    const { json, isLast } = slice(pieces);
    const part = Buffer.from(json);
    written.push(part);
    bytes += part.length;
    if (bytes > mostAnswerBytes) throw new AppError('ANSWER_TOO_LARGE', { limit: mostAnswerBytes });
    if (isLast) return Buffer.concat(written, bytes);
  }
}

/** What can be written in one go. */
function slice(pieces: Iterator<string>): { json: string; isLast: boolean } {
  const begun = performance.now();
  let json = '';
  for (;;) {
    const { value, done } = pieces.next() as IteratorResult<string, undefined>;
    if (done) return { json, isLast: true };
    json += value;
    if (performance.now() - begun > sliceMs) return { json, isLast: false };
  }
}

/**
 * The JSON of an object in pieces, as `JSON.stringify` writes it: the items of the lists that it holds are pieces of their own.
 * @param depth how many levels of objects are looked into for lists
 */
function* piecesOf(object: object, depth: number): Generator<string, undefined> {
  let before = '{';
  for (const [name, value] of Object.entries(object) as [string, unknown][]) {
    if (value === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    before = ',';
    if (Array.isArray(value)) yield* itemsOf(value);
    else if (depth > 1 && isPlain(value)) yield* piecesOf(value, depth - 1);
    else yield JSON.stringify(value);
  }
  yield before === '{' ? '{}' : '}';
}

function* itemsOf(list: readonly unknown[]): Generator<string, undefined> {
  let before = '[';
  for (const item of list) {
    yield `${before}${JSON.stringify(item) ?? 'null'}`;
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !('toJSON' in value);
