import type { LaunchErrorCode } from './launch-error.js';
import type { LaunchRequest, ProcessEnd } from './launch-types.js';

/** A `LaunchRequest` with the names of the two FIFOs whose read ends the worker has opened. */
export interface LaunchOrder extends LaunchRequest {
  type: 'launch';
  run: number;
  stdout: string;
  stderr: string;
}

/** From the worker to its launcher. */
export type WorkerMessage =
  | LaunchOrder
  | { type: 'terminate'; run: number; graceMs: number }
  | { type: 'end-orphans' }
  | { type: 'alive'; forMs: number }
  | { type: 'make-fifos' };

/** From the launcher to its worker. `run` is the worker's number for a run. */
export type LauncherMessage =
  | { type: 'ready'; mark: string; directory: string; fifos: string[] }
  | { type: 'fifos'; directory: string; fifos: string[]; error?: string }
  | { type: 'launched'; run: number; pid: number; startedAt: number }
  | { type: 'refused'; run: number; code: LaunchErrorCode; message: string; errno?: string }
  | { type: 'exited'; run: number; exitCode: number }
  | ({ type: 'finished'; run: number } & ProcessEnd)
  | { type: 'orphans-ended'; ended: number };
