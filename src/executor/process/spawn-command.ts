import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, closeSync, constants, statSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { openWriteEnd } from './fifo-pool.js';
import { LaunchError } from './launch-error.js';
import { commandLine, isolatedCommandLine, type Marker } from './marker.js';
import type { LaunchOrder } from './messages.js';

const OWN_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const REASONS: Record<string, string> = {
  E2BIG: 'the command or its environment is too large for the system',
  EAGAIN: 'the system refuses another process (the limit of the user or of the host is reached)',
  ENOMEM: 'the system has no memory for another process',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on the host',
};

/** A command that runs, reduced to what the launcher follows. */
export interface StartedCommand {
  pid: number;
  onExit(listener: (code: number | null, signal: NodeJS.Signals | null) => void): void;
}

/**
 * Starts a command as leader of a session of its own. It gets /dev/null and its two FIFOs and no other descriptor:
 * Node opens everything close-on-exec, and libuv puts signals back to their defaults and drops supplementary
 * groups when it changes the user. Plain `spawn` and not execa: none of execa's features are of use with bare descriptors,
 * and it costs 0.8 ms of every spawn (0.49–0.63 of raw speed against 0.83–0.90).
 * @throws LaunchError
 */
export async function spawnCommand(
  order: LaunchOrder,
  marker: Marker,
  mark: string,
  token: string,
): Promise<StartedCommand> {
  const ends: number[] = [];
  try {
    const stdout = openWriteEnd(order.stdout);
    ends.push(stdout);
    const stderr = openWriteEnd(order.stderr);
    ends.push(stderr);
    const marks = { MILLRACE_EXECUTION_ID: order.executionId, MILLRACE_LAUNCHER: token };
    const environment = { ...order.environment, ...marks };
    const isolated = order.bubblewrap !== undefined;
    const [file, ...args] = (isolated ? isolatedCommandLine : commandLine)(
      marker,
      mark,
      order.command,
      order.limits,
    );
    const child = spawn(file, args, {
      cwd: order.workingDirectory,
      // a variable of the command, LD_PRELOAD for one, must have no effect before it is isolated
      env: isolated ? { PATH: OWN_PATH, ...marks } : environment,
      uid: order.user?.uid,
      gid: order.user?.gid,
      detached: true,
      stdio: ['ignore', stdout, stderr, ...(isolated ? (['pipe'] as const) : [])],
    });
    if (order.bubblewrap) sendOptions(child, order.bubblewrap, environment);
    if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
    return { pid: child.pid, onExit: (listener) => void child.once('exit', listener) };
  } catch (error) {
    throw asLaunchError(error, order.workingDirectory);
  } finally {
    for (const fd of ends) closeSync(fd);
  }
}

/** Through a pipe, so that no list of processes shows the values of variables. */
function sendOptions(child: ChildProcess, options: string[], environment: Record<string, string>): void {
  const pipe = child.stdio[3] as Writable;
  // it may end before it has read them
  pipe.on('error', () => {});
  const variables = Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]);
  pipe.end([...options, ...variables].map((part) => `${part}\0`).join(''));
}

function asLaunchError(error: unknown, directory: string): LaunchError {
  const { code, message } = error as NodeJS.ErrnoException;
  // A directory that cannot be entered shows as ENOENT or EACCES of the shell.
  if (!isUsableDirectory(directory)) {
    return new LaunchError(
      'WORKING_DIRECTORY_MISSING',
      `Working directory ${directory} does not exist or cannot be entered`,
      code,
    );
  }
  const reason = REASONS[code ?? ''] ?? message;
  return new LaunchError('SPAWN_FAILED', `The command could not be started: ${reason}`, code);
}

function isUsableDirectory(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
