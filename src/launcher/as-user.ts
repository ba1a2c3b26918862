import { spawnSync } from 'node:child_process';

export interface User {
  uid: number;
  gid: number;
}

const OWN_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The environment of every program that runs before the command: variables of the command must not act on one with more rights. */
export const cleanEnvironment = { PATH: OWN_PATH };

const hasSetpriv = spawnSync('setpriv', ['--version'], { env: cleanEnvironment, cwd: '/' }).status === 0;

/**
 * Returns how to start a program as another user, without supplementary groups. The program setpriv(1) changes the user: Node blocks
 * until its forked child has called execve(2), and a child that already belongs to the user could be stopped by that user, which would
 * block Node with it.
 * @returns the command line, and the options of `spawn`, which change the user where there is no setpriv(1)
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
