import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { asUser, cleanEnvironment } from './as-user.js';
import { callFilter } from './call-filter.js';
import { LaunchError } from './launch-error.js';
import type { CommandUsers } from './policy.js';

const TIMEOUT_MS = 10_000;

/**
 * Tries whether bubblewrap works on this host with these options for the users of commands.
 * @returns undefined when it works, else `ISOLATION_FAILED` with the last line of bubblewrap's output, and `errno` when it did not start
 */
export async function tryIsolation(
  { bubblewrap }: { bubblewrap: string[] },
  users: CommandUsers | undefined,
): Promise<LaunchError | undefined> {
  try {
    const user = users && { uid: users.first, gid: users.first };
    const filter = callFilter(true);
    const seccomp = filter ? ['--seccomp', '3'] : [];
    const { line, options } = asUser(user, ['bwrap', ...seccomp, ...bubblewrap, '--', '/bin/true']);
    const child = spawn(line[0], line.slice(1), {
      ...options,
      cwd: '/',
      env: cleanEnvironment,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    const pipe = child.stdio[3] as Writable;
    pipe.on('error', () => {});
    pipe.end(filter);
    const [[code, signal], stderr] = await Promise.all([
      once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
      text(child.stderr as Readable),
    ]);
    if (code === 0) return undefined;
    const why = stderr.trim().split('\n').at(-1) || `it ended with ${signal ?? code}`;
    return new LaunchError('ISOLATION_FAILED', why);
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return new LaunchError('ISOLATION_FAILED', message, code);
  }
}
