import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { asUser, cleanEnvironment } from './as-user.js';
import { LaunchError } from './launch-error.js';
import type { LaunchOrder } from './messages.js';

/** A file system that does not answer must not hold the launch for longer. */
const PATIENCE_MS = 5_000;

const [MISSING, NO_FOLDER, CLOSED] = [3, 4, 5];
const LOOK =
  `cd -P -- "$1" 2>/dev/null && exec pwd -P; [ -d "$1" ] && exit ${CLOSED}; ` +
  `{ [ -e "$1" ] || [ -L "$1" ]; } && exit ${NO_FOLDER}; exit ${MISSING}`;
const FAULTS: Record<string | number, string> = {
  [MISSING]: 'does not exist in the workspace',
  [NO_FOLDER]: 'is not a folder',
  [CLOSED]: "cannot be entered by the command's user",
};

/**
 * Where a command is to run. The command's own user looks, so what that user may not see is not told, and no path that it can
 * exchange is ever followed with more rights than it has.
 * @throws LaunchError WORKING_DIRECTORY_MISSING, WORKING_DIRECTORY_OUTSIDE
 */
export async function findWorkingDirectory(order: LaunchOrder): Promise<string> {
  const { workspace, workingDirectory = '', user } = order;
  if (workingDirectory === '') return workspace;
  const wanted = resolve(
    workspace,
    isBelow(workspace, workingDirectory) ? workingDirectory : `./${workingDirectory}`,
  );
  const look: [string, ...string[]] = ['/bin/sh', '-c', LOOK, 'sh', wanted];
  const { line, options } = asUser(user, look);
  const found = await promisify(execFile)(line[0], line.slice(1), {
    ...options,
    cwd: '/',
    env: cleanEnvironment,
    timeout: PATIENCE_MS,
    // another run of the project may have stopped it
    killSignal: 'SIGKILL',
  }).catch((error: { code?: number | string }) => ({ fault: FAULTS[error.code ?? ''] ?? FAULTS[MISSING] }));
  if ('fault' in found)
    throw new LaunchError(
      'WORKING_DIRECTORY_MISSING',
      `The working directory ${JSON.stringify(workingDirectory)} ${found.fault}`,
    );
  const directory = found.stdout.slice(0, -1);
  if (!isBelow(workspace, directory))
    throw new LaunchError(
      'WORKING_DIRECTORY_OUTSIDE',
      `The working directory ${JSON.stringify(workingDirectory)} is outside the workspace`,
    );
  return directory;
}

function isBelow(workspace: string, path: string): boolean {
  return path === workspace || path.startsWith(`${workspace}/`);
}
