import { spawnSync } from 'node:child_process';

export interface User {
  uid: number;
  gid: number;
}

const OWN_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The environment of every program before it is the command: one of the command's must not act while it has more rights. */
export const cleanEnvironment = { PATH: OWN_PATH };

const hasSetpriv = spawnSync('setpriv', ['--version'], { env: cleanEnvironment, cwd: '/' }).status === 0;

/**
 * How a program is started as another user, without supplementary groups. The user is changed by a program of its own: Node waits
 * until what it has forked has become another program, and what is the user's by then can be stopped by that user, and with it
 * whoever waits.
 * @returns the line to run, and the options of `spawn`; without setpriv(1) they change the user
 */
export function asUser(
  user: User | undefined,
  line: [string, ...string[]],
): { line: [string, ...string[]]; options: Partial<User> } {
  if (!user) return { line, options: {} };
  if (!hasSetpriv) return { line, options: { uid: user.uid, gid: user.gid } };
  const change = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--'];
  return { line: ['setpriv', ...change, ...line], options: {} };
}
