import { backgroundTurn } from '../common/background-turns.js';

const sliceBytes = 8 * 1024;
/** The time that all masking together may take in one turn of the event loop. */
const turnMs = 2;

/** Work that is done in steps. */
interface Job {
  /** Does one step. @returns true when it was the last */
  step: () => boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** The queue of all work of the process, the next first. One queue keeps the time per turn independent of the number of runs. */
const line: Job[] = [];
let isTurnAhead = false;

/** Does work a step after the other, and lets others have their turns between them. What is under way together gets a step each. */
export function inTurns(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    line.push({ step, resolve, reject });
    planTurn();
  });
}

/**
 * Does something with a chunk in turns, a slice after the other: how slow it is to look for secrets is up to what a command writes.
 * @param isOver called before each slice; the work ends once it returns true
 */
export function inSlices(chunk: Buffer, isOver: () => boolean, work: (slice: Buffer) => void): Promise<void> {
  let at = 0;
  return inTurns(() => {
    if (at >= chunk.length || isOver()) return true;
    work(chunk.subarray(at, at + sliceBytes));
    at += sliceBytes;
    return at >= chunk.length;
  });
}

function planTurn(): void {
  if (isTurnAhead) return;
  isTurnAhead = true;
  void backgroundTurn().then(takeTurn);
}

function takeTurn(): void {
  isTurnAhead = false;
  const begun = performance.now();
  for (let job = line.shift(); job; job = line.shift()) {
    takeStep(job);
    if (performance.now() - begun > turnMs) break;
  }
  if (line.length > 0) planTurn();
}

function takeStep(job: Job): void {
  try {
    if (job.step()) job.resolve();
    else line.push(job);
  } catch (error) {
    job.reject(error);
  }
}
