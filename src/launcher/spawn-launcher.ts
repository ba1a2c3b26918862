import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { cleanEnvironment } from './as-user.js';
import { ownKeyring } from './own-keyring.js';
import type { LauncherPolicy } from './policy.js';

/** Node options for a small young generation and no optimised code, which keep the memory and with it the cost of a fork low. */
const NODE_OPTIONS = ['--max-semi-space-size=1', '--max-old-space-size=64', '--v8-pool-size=0', '--no-opt'];

/** The path of the launcher's program, which is beside this file in the bundle as well. */
export const launcherEntry = fileURLToPath(new URL('./launcher-main.js', import.meta.url));

/** A launcher that is starting, and the worker's end of its socket pair. */
export interface LauncherProcess {
  pid: number;
  socket: Socket;
}

/**
 * Starts a launcher process.
 * @param entry the path of `launcher-main.js`, as the launcher can read it
 * @param before a program and arguments that drop rights and execute the arguments after them
 * @param descriptors the descriptors that the launcher inherits as 4, 5, …
 */
export function spawnLauncher(
  policy: LauncherPolicy,
  entry: string,
  {
    before = [],
    node = process.execPath,
    options = [],
    descriptors = [],
  }: {
    before?: string[];
    node?: string;
    options?: string[];
    descriptors?: ('ignore' | number)[];
  } = {},
): ChildProcess & { socket: Socket } {
  const { before: keyring, keyrings } = ownKeyring(policy.users !== undefined);
  const parameter = JSON.stringify({ ...policy, keyrings });
  const line = [...before, ...keyring, node, ...NODE_OPTIONS, ...options, entry, parameter];
  const child = spawn(line[0]!, line.slice(1), {
    // Nothing of the server's environment: a command that runs as the same user can read it from /proc.
    env: cleanEnvironment,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', ...descriptors],
  });
  return Object.assign(child, { socket: child.stdio[3] as Socket });
}
