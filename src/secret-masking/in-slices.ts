import { backgroundTurn } from '../common/background-turns.js';

const sliceBytes = 8 * 1024;
/** The time that the jobs of all runs together may take in one turn of the event loop. */
const turnMs = 2;

/** Work that is done in steps. */
interface Job {
  /** Does one step. @returns true when it was the last */
  step: () => boolean;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** The queue of all jobs of the process. With one queue, the time per turn does not depend on the number of runs. */
const jobs: Job[] = [];
let isTurnScheduled = false;

/** Runs a job step by step between other work of the event loop. Concurrent jobs run one step each in turn. */
export function inSteps(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    jobs.push({ step, resolve, reject });
    scheduleTurn();
  });
}

/**
 * Processes a chunk slice by slice between other work of the event loop, since the cost of a search depends on the output of a command.
 * @param isOver called before each slice; the work ends once it returns true
 */
export function inSlices(chunk: Buffer, isOver: () => boolean, work: (slice: Buffer) => void): Promise<void> {
  let at = 0;
  return inSteps(() => {
    if (at >= chunk.length || isOver()) return true;
    work(chunk.subarray(at, at + sliceBytes));
    at += sliceBytes;
    return at >= chunk.length;
  });
}

function scheduleTurn(): void {
  if (isTurnScheduled) return;
  isTurnScheduled = true;
  void backgroundTurn().then(runTurn);
}

function runTurn(): void {
  isTurnScheduled = false;
  const begun = performance.now();
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    runStep(job);
    if (performance.now() - begun > turnMs) break;
  }
  if (jobs.length > 0) scheduleTurn();
}

function runStep(job: Job): void {
  try {
    if (job.step()) job.resolve();
    else jobs.push(job);
  } catch (error) {
    job.reject(error);
  }
}
