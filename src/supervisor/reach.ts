import { spawn } from 'node:child_process';
import type { SystemUser } from '../infra/system-user.js';

/**
 * Whether a user can run a program and read a path: the kernel is asked, since ACLs and mount options count too.
 * @param descriptors that the question is asked with as 5, 6, …, as the server gets them
 */
export async function canUse(
  { uid, gid }: SystemUser,
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
