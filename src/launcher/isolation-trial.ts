import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { asUser, cleanEnvironment } from './as-user.js';
import { LaunchError } from './launch-error.js';
import type { LaunchRequest } from './launch-types.js';
import type { CommandUsers } from './policy.js';

const PATIENCE_MS = 10_000;

/**
 * Whether bubblewrap works here, with these options, for the users of commands.
 * @returns `ISOLATION_FAILED` with the last line that bubblewrap said, and with `errno` where it could not be started
 */
export async function tryIsolation(
  { bubblewrap }: Required<Pick<LaunchRequest, 'bubblewrap'>> & { bubblewrap: string[] },
  users: CommandUsers | undefined,
): Promise<LaunchError | undefined> {
  try {
    const user = users && { uid: users.first, gid: users.first };
    const { line, options } = asUser(user, ['bwrap', ...bubblewrap, '--', '/bin/true']);
    await promisify(execFile)(line[0], line.slice(1), {
      ...options,
      cwd: '/',
      env: cleanEnvironment,
      timeout: PATIENCE_MS,
    });
    return undefined;
  } catch (error) {
    const { stderr, message, code } = error as NodeJS.ErrnoException & { stderr?: string };
    const said = stderr?.trim().split('\n').at(-1) || message;
    return new LaunchError('ISOLATION_FAILED', said, typeof code === 'string' ? code : undefined);
  }
}
