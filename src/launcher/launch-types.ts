import type { Readable } from 'node:stream';

/** Resource limits of one run, for each of its processes. A limit that cannot be set ends the run with exit code 126. */
export interface LaunchLimits {
  /** Address space in bytes, rounded down to KiB. Node and Java reserve far more of it than they use. */
  memoryBytes?: number;
  /** Private writable memory in bytes, rounded down to KiB. */
  dataBytes?: number;
  /** Processor time in seconds, after which SIGXCPU comes, and SIGKILL after 5 more. */
  cpuSeconds?: number;
  /** Largest file it may write, in bytes, rounded down to 512. */
  fileSizeBytes?: number;
  /** Open file descriptors. */
  openFiles?: number;
  /** Processes and threads at a time. Only an isolated run can be held to it: elsewhere the kernel counts all of a user. */
  processes?: number;
}

export interface LaunchRequest {
  /** Goes into `MILLRACE_EXECUTION_ID`. One run of an execution at a time. */
  executionId: string;
  /** Run by `/bin/sh -c`, or by the interpreter that a first line `#!` names. */
  command: string;
  /** The folder of the command's project or user: absolute, without symbolic links. A launcher that is root makes it. */
  workspace: string;
  /** Where in the workspace it runs, as it was asked for: relative to it, or absolute and below it. By default the workspace. */
  workingDirectory?: string | undefined;
  /** The complete environment of the command, before `MILLRACE_EXECUTION_ID` and `MILLRACE_LAUNCHER` are added. */
  environment: Record<string, string>;
  /** Run as this user, without supplementary groups. Only a launcher that is root can do that, and it must. */
  user?: { uid: number; gid: number } | undefined;
  limits?: LaunchLimits;
  /**
   * The options of `bwrap` under which it is to run in namespaces of its own, without `--chdir`. `--unshare-pid`, `--clearenv`,
   * `--new-session` and `--die-with-parent` must be among them: signals and the end of the run count on them.
   */
  bubblewrap?: string[] | undefined;
}

export interface ProcessExit {
  /**
   * As the shell gave it; `-N` where signal N ended the main process (SIGTERM -15, SIGKILL -9). bubblewrap passes a signal
   * on as 128 + N, so of an isolated run that is told as `-N` too.
   */
  exitCode: number;
}

export interface ProcessEnd extends ProcessExit {
  /** Processes that outlived the main process and were ended; 0 for an isolated run, whose namespace takes them with it. */
  leftBehind: number;
  /** Of those, processes that may not be signalled (a setuid program, when we are not root) and so may still live. */
  unkillable: number;
}

export interface RunningProcess {
  /** The main process, or the `bwrap` that waits for it; also the id of its group and session. */
  readonly pid: number;
  readonly startedAt: Date;
  /** The read ends of the command's pipes. Both must be read (or `resume()`d), else `finished` never comes. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The main process has exited. Rejects with a `LaunchError` `LAUNCHER_LOST`. */
  readonly exited: Promise<ProcessExit>;
  /**
   * Every process of the run is verified gone and both pipes were read to their end. A process that is not of
   * the run but holds a pipe delays this by 200 ms, not for ever. Rejects with a `LaunchError` `LAUNCHER_LOST`.
   */
  readonly finished: Promise<ProcessEnd>;
  /**
   * Ends the run: SIGTERM to its group, SIGKILL after `graceMs` milliseconds, then whatever else belongs to it,
   * until none is left. Resolves then. May be called again; the earliest end of grace counts.
   */
  terminate(graceMs: number): Promise<void>;
}
