import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../common/config.js';
import type { Execution } from '../executions/execution.entity.js';

/** The folder under which every project and every user has a workspace; a supervisor that is root has made it. */
export function workspaceRoot(config: Config): string {
  return config.commandUsers?.workspaceRoot ?? config.WORKSPACE_ROOT ?? join(config.DATA_DIR, 'workspaces');
}

/**
 * The workspace of an execution.
 * @param makes whether it is ours to make; else a launcher that is root makes it, and we may not even enter it
 */
export async function workspaceOf(
  root: string,
  { project_id, requested_by }: Pick<Execution, 'project_id' | 'requested_by'>,
  makes: boolean,
): Promise<string> {
  const path = join(root, project_id === null ? 'users' : 'projects', project_id ?? requested_by);
  if (!makes) return path;
  await mkdir(path, { recursive: true, mode: 0o700 });
  return realpath(path);
}
