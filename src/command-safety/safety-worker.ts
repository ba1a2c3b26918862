import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { analyse, type Analysis, type AnalyseOptions } from './analyse.js';

/** A request to the thread. */
export interface SafetyRequest {
  id: number;
  command: string;
  options: AnalyseOptions;
}

/** A response from the thread. A first one without an analysis reports that the analysis starts, which starts its timeout. */
export interface SafetyResponse {
  id: number;
  analysis?: Analysis;
}

// On Linux the priority is that of the calling thread; elsewhere it is that of the whole process.
if (workerData === true && process.platform === 'linux') setPriority(10);

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const post = (response: SafetyResponse) => parentPort?.postMessage(response);

parentPort?.on('message', ({ id, command, options }: SafetyRequest) => {
  post({ id });
  post({ id, analysis: analyse(command, options) });
});
