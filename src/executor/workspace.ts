import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Config } from '../common/config.js';
import type { Execution } from '../executions/execution.entity.js';
import type { CommandUser } from './command-user.js';
import type { Place } from './isolation.js';

/** The working directory of a run cannot be used; the message is for the one who asked for the run. */
export class WorkspaceError extends Error {}

/**
 * The folder under which every project and every user has a workspace. As root, commands run as another user who must not
 * even enter `DATA_DIR`, so the workspaces lie beside it.
 */
export function workspaceRoot(config: Config, user: CommandUser | undefined): string {
  if (config.WORKSPACE_ROOT !== undefined) return config.WORKSPACE_ROOT;
  if (!user) return join(config.DATA_DIR, 'workspaces');
  const name = createHash('sha256').update(config.DATA_DIR).digest('hex').slice(0, 12);
  return join('/var/lib/millrace/workspaces', name);
}

/**
 * Makes the workspace of an execution if need be and finds its working directory in it.
 * @throws WorkspaceError when the directory does not exist or leads out of the workspace
 */
export async function workingDirectory(
  root: string,
  user: CommandUser | undefined,
  execution: Pick<Execution, 'project_id' | 'requested_by' | 'working_directory'>,
): Promise<Place> {
  const { project_id, requested_by, working_directory } = execution;
  const parent = join(root, project_id === null ? 'users' : 'projects');
  const name = project_id ?? requested_by;
  const workspace = (await find(parent, name, user)) ?? (await make(parent, name, user));
  if (working_directory === '') return { workspace, directory: workspace };
  const wanted = resolve(
    workspace,
    working_directory.startsWith(workspace) ? working_directory : `./${working_directory}`,
  );
  const directory = await realpath(wanted).catch(() => undefined);
  if (directory === undefined || !(await stat(directory)).isDirectory()) {
    throw new WorkspaceError(
      `The working directory ${JSON.stringify(working_directory)} does not exist in the workspace`,
    );
  }
  const path = relative(workspace, directory);
  if (path === '..' || path.startsWith('../')) {
    throw new WorkspaceError(
      `The working directory ${JSON.stringify(working_directory)} is outside the workspace`,
    );
  }
  return { workspace, directory };
}

/** Where the parents of workspaces really are; nobody else can write in them. */
const parents = new Map<string, string>();

/** @returns undefined where there is not just what `make` has left */
async function find(
  parent: string,
  name: string,
  user: CommandUser | undefined,
): Promise<string | undefined> {
  const place = parents.get(parent);
  if (place === undefined) return undefined;
  const path = join(place, name);
  const found = await lstat(path).catch(() => undefined);
  // asked each time: who made it may have been killed before it was handed over
  return found?.isDirectory() && (!user || found.uid === user.uid) ? path : undefined;
}

async function make(parent: string, name: string, user: CommandUser | undefined): Promise<string> {
  await mkdir(parent, { recursive: true, mode: 0o711 });
  parents.set(parent, await realpath(parent));
  const path = join(parent, name);
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (user && (await stat(path)).uid !== user.uid) {
    await chown(path, user.uid, user.gid);
    await chmod(path, 0o700);
  }
  return realpath(path);
}
