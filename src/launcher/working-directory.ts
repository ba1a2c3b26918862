import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { asUser, cleanEnvironment } from './as-user.js';
import { LaunchError } from './launch-error.js';
import type { LaunchOrder } from './messages.js';

/** The timeout of the script: a file system that does not answer, such as NFS, must not block the launch. */
const TIMEOUT_MS = 5_000;

const [MISSING, NO_FOLDER, CLOSED, OUTSIDE] = [3, 4, 5, 6];
const MAX_LINKS = 40;
/**
 * A shell script that enters a folder name by name and follows no link out of the workspace: its result must not reveal whether the
 * target of such a link exists. A link is read as text, `ls -ld` examines a name without following it, and a folder that was exchanged
 * for a link before it is entered is refused as one that cannot be entered, whether or not the target of the link exists. $1 is the
 * workspace, $2 the path from there.
 */
const SCRIPT = `
cd -P -- "$1" 2>/dev/null || exit ${MISSING}
at=$1 rest=$2 links=0
while [ "$rest" ]; do
  name=\${rest%%/*}
  case $rest in */*) rest=\${rest#*/} ;; *) rest= ;; esac
  case $name in
    '' | .) continue ;;
    ..)
      [ "$at" = "$1" ] && exit ${OUTSIDE}
      at=\${at%/*}
      cd -P .. 2>/dev/null && [ "$PWD" = "$at" ] || exit ${CLOSED}
      continue ;;
  esac
  kind=$(ls -ld -- "./$name" 2>/dev/null) || exit ${MISSING}
  case $kind in
    d*)
      at=$at/$name
      cd -P -- "./$name" 2>/dev/null && [ "$PWD" = "$at" ] || exit ${CLOSED} ;;
    l*)
      links=$((links + 1))
      [ $links -le ${MAX_LINKS} ] || exit ${NO_FOLDER}
      text=$(readlink -n -- "./$name" && echo .) || exit ${CLOSED}
      text=\${text%.}
      case $text in
        "$1" | "$1"/*)
          at=$1 rest=\${text#"$1"}/$rest
          cd -P -- "$1" 2>/dev/null || exit ${CLOSED} ;;
        /*) exit ${OUTSIDE} ;;
        *) rest=$text/$rest ;;
      esac ;;
    *) exit ${NO_FOLDER} ;;
  esac
done
pwd -P`;
const FAULTS: Record<string | number, string> = {
  [MISSING]: 'does not exist in the workspace',
  [NO_FOLDER]: 'is not a folder',
  [CLOSED]: "cannot be entered by the command's user",
  [OUTSIDE]: 'is outside the workspace',
};

/**
 * Resolves the working directory of a command. The script runs as the command's user, so it reveals nothing that this user may not see,
 * and a path that the user can exchange is never followed with more rights than the user has.
 * @throws LaunchError WORKING_DIRECTORY_MISSING, WORKING_DIRECTORY_OUTSIDE
 */
export async function findWorkingDirectory(order: LaunchOrder): Promise<string> {
  const { workspace, workingDirectory = '', user } = order;
  if (workingDirectory === '') return workspace;
  const wanted = resolve(
    workspace,
    isBelow(workspace, workingDirectory) ? workingDirectory : `./${workingDirectory}`,
  );
  const refusal = (fault: string | undefined): LaunchError =>
    new LaunchError(
      fault === FAULTS[OUTSIDE] ? 'WORKING_DIRECTORY_OUTSIDE' : 'WORKING_DIRECTORY_MISSING',
      `The working directory ${JSON.stringify(workingDirectory)} ${fault}`,
    );
  if (!isBelow(workspace, wanted)) throw refusal(FAULTS[OUTSIDE]);
  const path = wanted.slice(workspace.length);
  const { line, options } = asUser(user, ['/bin/sh', '-c', SCRIPT, 'sh', workspace, path]);
  const found = await promisify(execFile)(line[0], line.slice(1), {
    ...options,
    cwd: '/',
    env: cleanEnvironment,
    timeout: TIMEOUT_MS,
    // another run of the project may have stopped the script with SIGSTOP
    killSignal: 'SIGKILL',
  }).catch((error: { code?: number | string }) => ({ fault: FAULTS[error.code ?? ''] ?? FAULTS[MISSING] }));
  if ('fault' in found) throw refusal(found.fault);
  const directory = found.stdout.slice(0, -1);
  if (!isBelow(workspace, directory)) throw refusal(FAULTS[CLOSED]);
  return directory;
}

function isBelow(workspace: string, path: string): boolean {
  return path === workspace || path.startsWith(`${workspace}/`);
}
