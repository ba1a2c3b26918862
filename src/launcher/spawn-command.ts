import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { FifoPool } from './fifo-pool.js';
import { LaunchError } from './launch-error.js';
import { commandLine, isolatedCommandLine, type Marker, type Setting } from './marker.js';
import type { LaunchOrder } from './messages.js';

const OWN_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** More than bubblewrap ever tells of itself. */
const MOST_INFO = 4096;

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
  /** Of an isolated command: calls back with the process that is the init of its namespace, once there is one. */
  onNamespace(listener: (init: number) => void): void;
}

/** By what a command is known, as long as anything of it lives. */
export interface Marks {
  marker: Marker;
  mark: string;
  /** The value of `MILLRACE_LAUNCHER`. */
  token: string;
}

/**
 * Starts a command as leader of a session of its own, in `/`: the directory is entered by its own user. It gets /dev/null and its
 * two FIFOs and no other descriptor: Node opens everything close-on-exec, and libuv puts signals back to their defaults and drops
 * supplementary groups when it changes the user. Plain `spawn` and not execa: none of execa's features are of use with bare
 * descriptors, and it costs 0.8 ms of every spawn (0.49–0.63 of raw speed against 0.83–0.90).
 * @param setting with the directory that `findWorkingDirectory` gave
 * @throws LaunchError
 */
export async function spawnCommand(
  order: LaunchOrder,
  { marker, mark, token }: Marks,
  fifos: FifoPool,
  setting: Setting & { directory: string },
): Promise<StartedCommand> {
  const ends: number[] = [];
  try {
    const stdout = fifos.openWriteEnd(order.stdout);
    ends.push(stdout);
    const stderr = fifos.openWriteEnd(order.stderr);
    ends.push(stderr);
    const marks = { MILLRACE_EXECUTION_ID: order.executionId, MILLRACE_LAUNCHER: token };
    const environment = { ...order.environment, ...marks };
    const { bubblewrap } = order;
    const { directory, ...outside } = setting;
    const [file, ...args] = bubblewrap
      ? isolatedCommandLine(marker, mark, order.command, outside)
      : commandLine(marker, mark, order.command, setting);
    const child = spawn(file, args, {
      cwd: '/',
      // a variable of the command, LD_PRELOAD for one, must have no effect before it is isolated
      env: bubblewrap ? { PATH: OWN_PATH, ...marks } : environment,
      uid: order.user?.uid,
      gid: order.user?.gid,
      detached: true,
      stdio: ['ignore', stdout, stderr, ...(bubblewrap ? (['pipe', 'pipe'] as const) : [])],
    });
    if (bubblewrap) sendOptions(child, [...bubblewrap, '--chdir', directory], environment);
    if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
    return {
      pid: child.pid,
      onExit: (listener) => void child.once('exit', listener),
      onNamespace: (listener) => bubblewrap && readInit(child.stdio[4] as Readable, listener),
    };
  } catch (error) {
    throw asLaunchError(error);
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

function readInit(pipe: Readable, listener: (init: number) => void): void {
  let text = '';
  pipe.on('error', () => {});
  pipe.setEncoding('latin1').on('data', (part: string) => {
    if (text.length < MOST_INFO) text += part;
  });
  // read to its end, since bubblewrap ends when it cannot write
  pipe.once('end', () => {
    const init = /"child-pid": *(\d+)/.exec(text)?.[1];
    if (init !== undefined) listener(Number(init));
  });
}

function asLaunchError(error: unknown): LaunchError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new LaunchError(
    'SPAWN_FAILED',
    `The command could not be started: ${REASONS[code ?? ''] ?? message}`,
    code,
  );
}
