import { setImmediate as nextTurn } from 'node:timers/promises';

/** The longest rest after a piece of work, in ms. */
const maxRestMs = 50;
/** A turn of the event loop that took less had nothing to do; an empty one takes 0.02 ms. */
const idleTurnMs = 0.05;

const waiting: (() => void)[] = [];
let isServing = false;

/**
 * Resolves when the caller may do a piece of long work, which ends when the caller next awaits. One piece is done at a time in the whole
 * process, in the order of the calls, and a rest follows that is at most as long: it ends when nothing else is ready. Otherwise every
 * turn of the event loop could have a piece of work, and libuv accepts only one new connection per turn (since 1.46), so a few hundred
 * new clients would wait for each other's turns for seconds.
 */
export function backgroundTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (!isServing) void serve();
  });
}

async function serve(): Promise<void> {
  isServing = true;
  // what was ready before the first piece of work comes first
  await nextTurn();
  for (let begin = waiting.shift(); begin; begin = waiting.shift()) {
    const begun = performance.now();
    begin();
    await nextTurn();
    await rest(Math.min(maxRestMs, performance.now() - begun));
  }
  isServing = false;
}

/** Lets the event loop turn until it has nothing to do, for `ms` at most. */
async function rest(ms: number): Promise<void> {
  const end = performance.now() + ms;
  for (let begun = performance.now(); begun < end;) {
    await nextTurn();
    const now = performance.now();
    if (now - begun < idleTurnMs) return;
    begun = now;
  }
}
