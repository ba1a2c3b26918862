import { backgroundTurn } from '../../common/background-turns.js';

/** The longest that reading a file may block the event loop at a time, in ms. */
const sliceMs = 5;

/** Goes through a file piece by piece; other requests are served in between. */
export async function* inSlices<T>(items: Iterable<T>): AsyncGenerator<T> {
  await backgroundTurn();
  let begun = performance.now();
  for (const item of items) {
    yield item;
    if (performance.now() - begun < sliceMs) continue;
    await backgroundTurn();
    begun = performance.now();
  }
}
