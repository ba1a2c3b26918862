import { parentPort } from 'node:worker_threads';
import { analyse, type AnalyseOptions } from './analyse.js';

/** What the thread is asked. */
export interface SafetyQuestion {
  id: number;
  command: string;
  options: AnalyseOptions;
}

parentPort?.on('message', ({ id, command, options }: SafetyQuestion) => {
  // a thread has no origin
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage({ id, analysis: analyse(command, options) });
});
