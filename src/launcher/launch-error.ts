export type LaunchErrorCode =
  | 'WORKING_DIRECTORY_MISSING'
  | 'WORKING_DIRECTORY_OUTSIDE'
  | 'SPAWN_FAILED'
  | 'ALREADY_RUNNING'
  | 'NOT_ALLOWED'
  | 'ISOLATION_FAILED'
  | 'STOPPED'
  | 'LAUNCHER_LOST'
  | 'LAUNCHER_CLOSED';

/**
 * Why a command could not be started, or why its further state is unknown.
 *
 * - `WORKING_DIRECTORY_MISSING`: the user of the command finds no such directory, or may not enter it.
 * - `WORKING_DIRECTORY_OUTSIDE`: the working directory leads out of the workspace.
 * - `SPAWN_FAILED`: the system refused; `errno` says why when it is known (`E2BIG`: the command or its
 *   environment exceeds what `execve` takes, 128 KiB for one string).
 * - `ALREADY_RUNNING`: a run of this execution has not finished in this launcher.
 * - `NOT_ALLOWED`: the policy of the launcher does not allow it.
 * - `ISOLATION_FAILED`: bubblewrap does not work for the user; `message` is its output, `errno` says why it did not start.
 * - `STOPPED`: it was to be ended before it had started.
 * - `LAUNCHER_LOST`: the launcher process died; everything that it had started has been ended.
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
