export type LaunchErrorCode =
  'WORKING_DIRECTORY_MISSING' | 'SPAWN_FAILED' | 'ALREADY_RUNNING' | 'LAUNCHER_LOST' | 'LAUNCHER_CLOSED';

/**
 * Why a command could not be started, or why nothing more is known of it.
 *
 * - `WORKING_DIRECTORY_MISSING`: the directory does not exist, is not a directory or may not be entered.
 * - `SPAWN_FAILED`: the system refused; `errno` says why where it is known (`E2BIG`: the command or its
 *   environment exceeds what `execve` takes, 128 KiB for one string).
 * - `ALREADY_RUNNING`: a run of this execution has not finished in this launcher.
 * - `LAUNCHER_LOST`: the launcher process died; what it had started has been ended.
 * - `LAUNCHER_CLOSED`: `close()` was called.
 */
export class LaunchError extends Error {
  override readonly name = 'LaunchError';

  constructor(
    readonly code: LaunchErrorCode,
    message: string,
    readonly errno?: string,
  ) {
    super(message);
  }
}
