import { chmod, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../common/config.js';
import type { Execution } from '../executions/execution.entity.js';
import { makeFolder } from './make-folder.js';

/** Returns the folder with the workspaces of all projects and users. A supervisor with root rights makes it in advance. */
export function workspaceRoot(config: Config): string {
  return config.commandUsers?.workspaceRoot ?? config.WORKSPACE_ROOT ?? join(config.DATA_DIR, 'workspaces');
}

/**
 * Returns the path of the workspace of an execution.
 * @param makes whether to make it here; otherwise a launcher with root rights makes it, and this process may not even enter it
 */
export async function workspaceOf(
  root: string,
  { project_id, requested_by }: Pick<Execution, 'project_id' | 'requested_by'>,
  makes: boolean,
): Promise<string> {
  const path = join(root, project_id === null ? 'users' : 'projects', project_id ?? requested_by);
  if (!makes) return path;
  await makeFolder(path, 0o700);
  // a command may have closed it, which would lock out all later ones
  if (((await stat(path)).mode & 0o700) !== 0o700) await chmod(path, 0o700);
  return realpath(path);
}
