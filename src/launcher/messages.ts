import type { LaunchErrorCode } from './launch-error.js';
import type { LaunchRequest, ProcessEnd } from './launch-types.js';
import type { Keyrings } from './own-keyring.js';

/** A `LaunchRequest` with the numbers of the two FIFOs whose read ends the worker has opened. */
export interface LaunchOrder extends LaunchRequest {
  type: 'launch';
  run: number;
  stdout: number;
  stderr: number;
}

/** A message from the worker to its launcher. */
export type WorkerMessage =
  | LaunchOrder
  | { type: 'terminate'; run: number; graceMs: number }
  | { type: 'end-orphans' }
  /** Nothing is reported: what could not be removed is found by the next look. */
  | { type: 'remove-workspace'; workspace: string }
  | { type: 'try-isolation'; bubblewrap: string[] }
  | { type: 'heartbeat'; timeoutMs: number }
  | { type: 'make-fifos' };

/** The fields of a `LaunchError`. */
interface Refusal {
  code: LaunchErrorCode;
  message: string;
  errno?: string | undefined;
}

/** A message from the launcher to its worker. `run` is the worker's number for a run; FIFOs are named by their numbers. */
export type LauncherMessage =
  | {
      type: 'ready';
      mark: string;
      keyrings: Keyrings;
      /** Whether output passes through relay processes, so that the pipe which the worker reads is always closed at the end of a run. */
      isRelayed: boolean;
      directory: string;
      fifos: number[];
    }
  | { type: 'fifos'; directory: string; fifos: number[]; error?: string }
  | { type: 'launched'; run: number; pid: number; startedAt: number }
  | ({ type: 'refused'; run: number } & Refusal)
  | { type: 'exited'; run: number; exitCode: number }
  | ({ type: 'finished'; run: number } & ProcessEnd)
  | { type: 'isolation-tried'; refusal?: Refusal | undefined }
  | { type: 'orphans-ended'; ended: number };
