import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError, type Config } from '../common/config.js';

/** Folders of the kernel and of devices: a run has its own, and those of the host would show it other processes and the machine. */
const kernelFolders = ['/proc', '/dev', '/sys'];

/**
 * Checks EXECUTOR_READABLE_PATHS by name and by the folder that a link leads to. A folder above a hidden one is fine: the hidden one is
 * covered in it. One in a hidden folder would be shown beside the cover.
 * @throws ConfigError
 */
export async function checkReadablePaths(
  { EXECUTOR_READABLE_PATHS, DATA_DIR }: Pick<Config, 'EXECUTOR_READABLE_PATHS' | 'DATA_DIR'>,
  workspaces: string,
): Promise<void> {
  const hidden = [
    ['DATA_DIR', await namesOf(DATA_DIR)],
    ['the folder of the workspaces', await namesOf(workspaces)],
  ] as const;
  const refuse = (fault: string) => {
    throw new ConfigError(
      `The configuration is invalid:\n  EXECUTOR_READABLE_PATHS: must not contain ${fault}`,
    );
  };
  for (const path of EXECUTOR_READABLE_PATHS)
    for (const name of await namesOf(path)) {
      if (name === '/') refuse('the root folder');
      // it would replace the one that a run may write to
      if (name === '/tmp') refuse('/tmp itself; name the folders in it');
      for (const folder of kernelFolders) if (isIn(name, folder)) refuse(`${folder} or what is in it`);
      for (const [what, folders] of hidden)
        if (folders.some((folder) => isIn(name, folder)))
          refuse(`${what} or what is in it, which commands may not see`);
    }
}

/** Returns the path of a folder, and that of the folder that it is a link to. */
async function namesOf(path: string): Promise<string[]> {
  const named = resolve(path);
  return [named, await realpath(named).catch(() => named)];
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
