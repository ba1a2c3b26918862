import { posix } from 'node:path';
import { z } from 'zod';

/** Matches an absolute path on a worker that leads into a workspace: the folder of a project or of a user, or a path below it. */
const intoWorkspace = /\/(projects|users)\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/|$)/;

/**
 * Checks whether a working directory plainly leads out of the workspace. The worker checks what only it can see, such as a link.
 * @param path relative to the workspace, or absolute as `pwd` prints it
 */
function leavesWorkspace(path: string): boolean {
  const plain = posix.normalize(path);
  return plain.startsWith('/') ? !intoWorkspace.test(plain) : /^\.\.(\/|$)/.test(plain);
}

/** The working directory of a command. */
export const workingDirectory = z
  .string()
  .max(1024)
  .refine((path) => !leavesWorkspace(path), 'Name a folder inside the workspace, such as sub/folder')
  .meta({ description: 'The working directory, inside the workspace' });
