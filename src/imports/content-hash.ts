import { createHash } from 'node:crypto';
import type { AttachmentEntry } from './formats/entry.schema.js';
import { inSlices } from './formats/in-slices.js';

/** Characters of base64 that are decoded and hashed at a time, which takes about 1 ms; four of them are three bytes. */
export const pieceCharacters = 512 * 1024;

/** The hashes of contents by their entries, since an import may be planned more than once, and its files are stored afterwards. */
const hashes = new WeakMap<AttachmentEntry, string>();

/** Decodes base64 piece by piece. */
export function* piecesOf(content: string): Generator<Buffer> {
  for (let at = 0; at < content.length; at += pieceCharacters)
    yield Buffer.from(content.slice(at, at + pieceCharacters), 'base64');
}

/**
 * Computes the SHA-256 of the contents of files, which are 50 MiB in all at most; other requests are served in between.
 * @returns what finds the hash of one of them in hexadecimal; null for an entry without content
 */
export async function contentHashes(
  entries: readonly AttachmentEntry[],
  signal?: AbortSignal,
): Promise<(entry: AttachmentEntry) => string | null> {
  const missing = entries.filter((entry) => entry.content !== undefined && !hashes.has(entry));
  const characters = missing.reduce((sum, { content }) => sum + content!.length, 0);
  const steps = hashing(missing);
  // a turn for each of many small files would take longer than their hashes
  if (characters <= pieceCharacters) while (!steps.next().done);
  else for await (const _ of inSlices(steps, signal));
  return (entry) => hashes.get(entry) ?? null;
}

/** Hashes a piece with each step. */
function* hashing(entries: readonly AttachmentEntry[]): Generator<void> {
  for (const entry of entries) {
    const hash = createHash('sha256');
    for (const piece of piecesOf(entry.content!)) {
      hash.update(piece);
      yield;
    }
    hashes.set(entry, hash.digest('hex'));
    yield;
  }
}
