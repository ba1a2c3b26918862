import type { Readable } from 'node:stream';

/** Resource limits of a run; they apply to each of its processes. A limit that cannot be set ends the run with exit code 126. */
export interface LaunchLimits {
  /** Address space in bytes, rounded down to KiB. Node and Java reserve far more of it than they use. */
  memoryBytes?: number;
  /** Private writable memory in bytes, rounded down to KiB. */
  dataBytes?: number;
  /** Processor time in seconds, after which the kernel sends SIGXCPU, and SIGKILL 5 seconds later. */
  cpuSeconds?: number;
  /** Size of the largest file that the run may write, in bytes, rounded down to a multiple of 512. */
  fileSizeBytes?: number;
  /** Number of open file descriptors. */
  openFiles?: number;
  /** Number of processes and threads at a time. It applies to isolated runs only: elsewhere the kernel counts all processes of a user. */
  processes?: number;
}

/** A file for a command. */
export interface LaunchFile {
  /** The environment variable with its path: `TRIGGER_` and letters. */
  variable: string;
  /** In base64. */
  content: string;
}

export interface LaunchRequest {
  /** The value of `MILLRACE_EXECUTION_ID`. A launcher runs an execution once at a time. */
  executionId: string;
  /** The text that the shell runs, or the interpreter that a first line `#!` names. */
  command: string;
  /** A program that runs the text with `-c`: a name that is looked up in the PATH of the command, or a path. The default is `/bin/sh`. */
  shell?: string | undefined;
  /** The absolute path of the project's or user's folder, without symbolic links. A launcher with root rights makes the folder. */
  workspace: string;
  /** The working directory as requested: relative to the workspace, or absolute and below it. The default is the workspace. */
  workingDirectory?: string | undefined;
  /** Files that the command may read, outside of its workspace, and that are gone when the run ends. */
  files?: readonly LaunchFile[] | undefined;
  /** The name of a file beside the workspace, in the folder that `summariesOf` names: the id of an execution and `.md`. */
  summary?: string | undefined;
  /** The complete environment of the command, before `MILLRACE_EXECUTION_ID` and `MILLRACE_LAUNCHER` are added. */
  environment: Record<string, string>;
  /** The user as whom the command runs, without supplementary groups. Required by launchers with root rights; others cannot do it. */
  user?: { uid: number; gid: number } | undefined;
  limits?: LaunchLimits;
  /**
   * The options of `bwrap` for a run in namespaces of its own, without `--chdir`. They must contain `--unshare-pid`, `--clearenv`,
   * `--new-session` and `--die-with-parent`, on which signals and the end of the run depend.
   */
  bubblewrap?: string[] | undefined;
}

export interface ProcessExit {
  /**
   * The exit code of the shell, or `-N` when signal N ended the main process (SIGTERM -15, SIGKILL -9). bubblewrap reports a signal as
   * 128 + N, which is converted to `-N` for isolated runs.
   */
  exitCode: number;
}

export interface ProcessEnd extends ProcessExit {
  /** Number of processes that outlived the main process and were ended; 0 for an isolated run, whose namespace ends them. */
  leftBehind: number;
  /** Whether something is there under the name of `summary`, of whatever kind. */
  hasSummary: boolean;
  /** Number of left-behind processes that may still live, since they could not be signalled (setuid programs, without root rights). */
  unkillable: number;
}

export interface RunningProcess {
  /** The pid of the main process, or of the `bwrap` that waits for it; also the id of its group and session. */
  readonly pid: number;
  readonly startedAt: Date;
  /** The read ends of the command's pipes. Both must be read (or `resume()`d), else `finished` never comes. */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the main process has exited. Rejects with a `LaunchError` `LAUNCHER_LOST`. */
  readonly exited: Promise<ProcessExit>;
  /**
   * Resolves when every process of the run is verified gone and both pipes were read to their end. A process outside the run that holds
   * a pipe delays it by 200 ms at most. Rejects with a `LaunchError` `LAUNCHER_LOST`.
   */
  readonly finished: Promise<ProcessEnd>;
  /**
   * Ends the run: sends SIGTERM to its processes, SIGKILL after `graceMs` milliseconds, and resolves when no process of the run is left.
   * May be called again; the earliest end of a grace period counts.
   */
  terminate(graceMs: number): Promise<void>;
}
