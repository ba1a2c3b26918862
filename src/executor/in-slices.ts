import { setImmediate as nextTurn } from 'node:timers/promises';

const sliceBytes = 8 * 1024;
/** How long one turn of the event loop may take. */
const turnMs = 2;

/**
 * Does something with a chunk, a slice after the other, and lets others have their turns between them: how slow it is to look for
 * secrets is up to what a command writes.
 * @param isOver asked before each slice; nothing more is done once it is true
 */
export async function inSlices(
  chunk: Buffer,
  isOver: () => boolean,
  work: (slice: Buffer) => void,
): Promise<void> {
  let begun = performance.now();
  for (let at = 0; at < chunk.length && !isOver(); at += sliceBytes) {
    if (performance.now() - begun > turnMs) {
      await nextTurn();
      begun = performance.now();
    }
    work(chunk.subarray(at, at + sliceBytes));
  }
}
