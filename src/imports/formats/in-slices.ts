import { backgroundTurn } from '../../common/background-turns.js';

/** The longest that reading a file may block the event loop at a time, in ms. */
const sliceMs = 5;

/**
 * Goes through a file piece by piece; other requests are served in between.
 * @param signal ends it between two pieces, with its reason as the error
 */
export async function* inSlices<T>(items: Iterable<T>, signal?: AbortSignal): AsyncGenerator<T> {
  await backgroundTurn();
  signal?.throwIfAborted();
  let begun = performance.now();
  for (const item of items) {
    yield item;
    if (performance.now() - begun < sliceMs) continue;
    await backgroundTurn();
    signal?.throwIfAborted();
    begun = performance.now();
  }
}
