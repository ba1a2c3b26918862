const sliceBytes = 8 * 1024;
/** How long all work together may take of one turn of the event loop. */
const turnMs = 2;

/** Work on its way. */
interface Job {
  /** Does a little of it; true when that was the last. */
  step: () => boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Whose turn it is comes first. One line for the whole process: what a turn may take does not grow with the number of runs. */
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
 * @param isOver asked before each slice; nothing more is done once it is true
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
  setImmediate(takeTurn);
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
