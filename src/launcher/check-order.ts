import { basename, dirname } from 'node:path';
import { LaunchError } from './launch-error.js';
import type { LaunchFile } from './launch-types.js';
import type { LaunchOrder } from './messages.js';
import type { CommandUsers } from './policy.js';

/** The variables in which commands find files. */
const FILE_VARIABLE = /^TRIGGER_[A-Z]{1,20}$/;
const MAX_FILES = 4;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The name of the file of a summary, which has no slash: nothing of the command's user is on the path to it. */
const SUMMARY = /^[0-9a-f-]{36}\.md$/;
/** The options of bubblewrap without which signals would not arrive and processes could outlive a run. */
const REQUIRED_OPTIONS = [
  '--unshare-user',
  '--unshare-pid',
  '--die-with-parent',
  '--new-session',
  '--clearenv',
];

/**
 * Checks an order against what a launcher with root rights may do: a compromised worker must not be able to run anything but commands
 * as the users that are reserved for commands, in the workspaces of those users.
 * @throws LaunchError NOT_ALLOWED
 */
export function checkOrder(order: LaunchOrder, users: CommandUsers): void {
  if (!isWellFormed(order)) throw refused('it is not well formed');
  const { user, bubblewrap } = order;
  const offset = (user?.uid ?? -1) - users.first;
  if (!user || offset < 0 || offset >= users.count || user.gid !== user.uid)
    throw refused(`the user ${user?.uid} is not one that is for commands`);
  checkWorkspace(order.workspace, users);
  if (bubblewrap && !REQUIRED_OPTIONS.every((option) => bubblewrap.includes(option)))
    throw refused('an option of bubblewrap is missing without which a run is not isolated');
}

/** Checks that a path is one of a workspace. @throws LaunchError NOT_ALLOWED */
export function checkWorkspace(workspace: string, users: CommandUsers): void {
  const parent = dirname(workspace);
  const isWorkspace =
    ID.test(basename(workspace)) &&
    (parent === `${users.workspaceRoot}/projects` || parent === `${users.workspaceRoot}/users`);
  if (!isWorkspace) throw refused('its workspace is not below the folder of workspaces');
}

function areFiles(files: unknown): boolean {
  return (
    Array.isArray(files) &&
    files.length <= MAX_FILES &&
    (files as LaunchFile[]).every(({ variable, content }) => FILE_VARIABLE.test(variable) && isText(content))
  );
}

function isWellFormed(order: LaunchOrder): boolean {
  const {
    executionId,
    command,
    shell = '',
    summary,
    environment,
    workspace,
    workingDirectory,
    user,
    limits,
    bubblewrap,
  } = order;
  return (
    areFiles(order.files ?? []) &&
    (summary === undefined || (isText(summary) && SUMMARY.test(summary))) &&
    [executionId, command, shell, workspace, workingDirectory ?? ''].every(isText) &&
    Object.values(environment).every(isText) &&
    (bubblewrap ?? []).every(isText) &&
    [order.run, user?.uid, user?.gid].every(Number.isInteger) &&
    Object.values(limits ?? {}).every((limit) => limit === undefined || Number.isFinite(limit))
  );
}

const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0');

function refused(why: string): LaunchError {
  return new LaunchError('NOT_ALLOWED', `The launcher does not run this: ${why}`);
}
