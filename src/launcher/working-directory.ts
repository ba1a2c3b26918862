import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { asUser, cleanEnvironment } from './as-user.js';
import { LaunchError } from './launch-error.js';
import type { LaunchOrder } from './messages.js';

/** A file system that does not answer must not hold the launch for longer. */
const PATIENCE_MS = 5_000;

const [MISSING, NO_FOLDER, CLOSED, OUTSIDE] = [3, 4, 5, 6];
const MOST_LINKS = 40;
/**
 * Goes to a folder, a name at a time, and follows no link out of the workspace: what is said of it must not tell whether there is
 * something where a link leads to. A link is read as text, `ls -ld` looks at a name without following it, and a folder that has
 * been exchanged for a link by the time that it is entered is refused as one that is closed, whether the link leads to something
 * or not. $1 is the workspace, $2 the way from there.
 */
const LOOK = `
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
      [ $links -le ${MOST_LINKS} ] || exit ${NO_FOLDER}
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
  const refusal = (fault: string | undefined): LaunchError =>
    new LaunchError(
      fault === FAULTS[OUTSIDE] ? 'WORKING_DIRECTORY_OUTSIDE' : 'WORKING_DIRECTORY_MISSING',
      `The working directory ${JSON.stringify(workingDirectory)} ${fault}`,
    );
  if (!isBelow(workspace, wanted)) throw refusal(FAULTS[OUTSIDE]);
  const way = wanted.slice(workspace.length);
  const look: [string, ...string[]] = ['/bin/sh', '-c', LOOK, 'sh', workspace, way];
  const { line, options } = asUser(user, look);
  const found = await promisify(execFile)(line[0], line.slice(1), {
    ...options,
    cwd: '/',
    env: cleanEnvironment,
    timeout: PATIENCE_MS,
    // another run of the project may have stopped it
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
