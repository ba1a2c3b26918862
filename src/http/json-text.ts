import { backgroundTurn } from '../common/background-turns.js';
import { AppError } from '../common/errors.js';

/** The longest that serializing may block the event loop at a time, in ms. */
const sliceMs = 5;
/** The largest JSON response; a page of the default size fits, whatever its items are. */
const maxResponseBytes = 32 * 1024 * 1024;

/** Runs work when its turn has come. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Serializes an object as JSON. After 5 ms it goes on a few list items at a time, and other requests are served in between.
 * @param inTurn queues large responses, so that not all are serialized and held at once
 * @returns text, or UTF-8 if it took longer
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
    await backgroundTurn();
    const { json, isLast } = slice(pieces);
    const part = Buffer.from(json);
    written.push(part);
    bytes += part.length;
    if (bytes > maxResponseBytes) throw new AppError('ANSWER_TOO_LARGE', { limit: maxResponseBytes });
    if (isLast) return Buffer.concat(written, bytes);
  }
}

/** Serializes until the end or until `sliceMs` are over. */
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
 * Yields the JSON of an object, as `JSON.stringify` writes it, in pieces: each item of a list within it is a piece.
 * @param depth the levels of objects that are searched for lists
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
