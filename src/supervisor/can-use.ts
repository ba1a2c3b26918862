import { spawn } from 'node:child_process';
import type { HostUser } from '../infra/host-user.js';

/**
 * Tests whether a user can run a program and read a path. The test runs as that user, since ACLs and mount options matter too.
 * @param descriptors descriptors that the test inherits as 5, 6, …, like the server
 */
export async function canUse(
  { uid, gid }: HostUser,
  program: string,
  path: string,
  descriptors: number[] = [],
): Promise<boolean> {
  const child = spawn('/bin/sh', ['-c', '[ -x "$1" ] && [ -r "$2" ]', 'sh', program, path], {
    uid,
    gid,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    timeout: 10_000,
    stdio: ['ignore', 'ignore', 'ignore', 'ignore', 'ignore', ...descriptors],
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
