import { posix } from 'node:path';
import { z } from 'zod';

/** A path on a worker that leads into a workspace: the folder of a project or of a user, with or without something below it. */
const intoWorkspace = /\/(projects|users)\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\/|$)/;

/**
 * Tells whether a working directory plainly leads out of the workspace. What only the worker can see, such as a link, is found there.
 * @param path relative to the workspace, or absolute as `pwd` prints it
 */
function leavesWorkspace(path: string): boolean {
  const plain = posix.normalize(path);
  return plain.startsWith('/') ? !intoWorkspace.test(plain) : /^\.\.(\/|$)/.test(plain);
}

/** Where a command runs. */
export const workingDirectory = z
  .string()
  .max(1024)
  .refine((path) => !leavesWorkspace(path), 'Name a folder inside the workspace, such as sub/folder')
  .meta({ description: 'Inside the workspace' });
