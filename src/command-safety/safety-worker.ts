import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { analyse, type Analysis, type AnalyseOptions } from './analyse.js';

/** A request to the thread. */
export interface SafetyQuestion {
  id: number;
  command: string;
  options: AnalyseOptions;
}

/** Comes twice: without an analysis when the thread begins to look, from when on it may take only so long. */
export interface SafetyAnswer {
  id: number;
  analysis?: Analysis;
}

/** What `nice` does; on Linux it is a matter of the thread that asks for it, elsewhere of the whole process. */
if (workerData === true && process.platform === 'linux') setPriority(10);

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const tell = (answer: SafetyAnswer) => parentPort?.postMessage(answer);

parentPort?.on('message', ({ id, command, options }: SafetyQuestion) => {
  tell({ id });
  tell({ id, analysis: analyse(command, options) });
});
