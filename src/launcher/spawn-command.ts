import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { asUser, cleanEnvironment } from './as-user.js';
import type { FifoPool } from './fifo-pool.js';
import { LaunchError } from './launch-error.js';
import { callFilter } from './call-filter.js';
import { commandLine, descriptors, isolatedCommandLine, type Marker, type Setting } from './marker.js';
import type { LaunchOrder } from './messages.js';
import type { OutputRelays, RelayedOutput } from './output-relays.js';
import type { ScriptFiles } from './script-files.js';
import { shebangOf, startScript, withUnixLines } from './shebang.js';
import { assignments, prefixed } from './variables.js';

const FIRST_PIPE = 3;
/** More than bubblewrap ever tells of itself. */
const MOST_INFO = 4096;
/** Where an isolated run finds its script: `/tmp` is its own, and is gone with it. */
const ISOLATED_SCRIPT = '/tmp/.millrace/command';

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
  output: RelayedOutput | undefined;
  onExit(listener: (code: number | null, signal: NodeJS.Signals | null) => void): void;
  /** Of an isolated command: calls back with the process that is the init of its namespace, once there is one. */
  onNamespace(listener: (init: number) => void): void;
}

/** What the launcher makes for its commands. */
export interface CommandFiles {
  fifos: FifoPool;
  /** Undefined where there is no Perl. */
  relays: OutputRelays | undefined;
  scripts: ScriptFiles;
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
 * two FIFOs and no other descriptor, once its shell has read its variables: Node opens everything close-on-exec, and libuv puts
 * signals back to their defaults. Plain `spawn` and not execa: docs/adr/0012.
 * @param setting with the directory that `findWorkingDirectory` gave
 * @throws LaunchError
 */
export async function spawnCommand(
  order: LaunchOrder,
  { marker, mark, token }: Marks,
  { fifos, relays, scripts }: CommandFiles,
  setting: Setting & { directory: string },
): Promise<StartedCommand> {
  const output = await relays?.open([fifos.pipeOf(order.stdout), fifos.pipeOf(order.stderr)]);
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
    refuseTooLarge(environment);
    // of an argument Node says it itself
    if (order.command.includes('\0')) throw new Error('there is a NUL in it');
    const text = withUnixLines(order.command);
    const shebang = shebangOf(text);
    const script = shebang && (bubblewrap ? ISOLATED_SCRIPT : scripts.write(order.run, text, order.user));
    const command = shebang ? startScript(shebang, script!) : text;
    const { line, options } = asUser(
      order.user,
      bubblewrap
        ? isolatedCommandLine(marker, mark, command, outside)
        : commandLine(marker, mark, command, setting),
    );
    const inputs = bubblewrap
      ? isolatedInputs(bubblewrap, directory, environment, shebang && text)
      : [assignments(environment)];
    const child = spawn(line[0], line.slice(1), {
      ...options,
      cwd: '/',
      env: { ...cleanEnvironment, ...marks },
      detached: true,
      stdio: ['ignore', stdout, stderr, ...inputs.map(() => 'pipe' as const)],
    });
    // Before the command can begin: closing a pipe waits for whoever holds its lock.
    for (const fd of ends.splice(0)) closeSync(fd);
    inputs.forEach((input, index) => send(child, FIRST_PIPE + index, input));
    if (child.pid === undefined) throw await new Promise((resolve) => child.once('error', resolve));
    return {
      pid: child.pid,
      output,
      onExit: (listener) => void child.once('exit', listener),
      onNamespace: (listener) => bubblewrap && readInit(child.stdio[descriptors.info] as Readable, listener),
    };
  } catch (error) {
    output?.finish();
    throw asLaunchError(error);
  } finally {
    for (const fd of ends) closeSync(fd);
  }
}

/** Through pipes, so that no list of processes shows the values of variables. `undefined`: it is read and not written. */
function send(child: ChildProcess, descriptor: number, input: string | Buffer | undefined): void {
  if (input === undefined) return;
  const pipe = child.stdio[descriptor] as Writable;
  // it may end before it has read them
  pipe.on('error', () => {});
  pipe.end(input);
}

/** What is sent as descriptor 3 and those after it, as `descriptors` has them. */
function isolatedInputs(
  options: string[],
  directory: string,
  environment: Record<string, string>,
  script: string | undefined,
): (string | Buffer | undefined)[] {
  const variables = Object.entries({ ...cleanEnvironment, ...prefixed(environment) });
  const file = ['--perms', '0700', '--file', `${descriptors.script}`, ISOLATED_SCRIPT];
  const parts = [
    ...options,
    ...(script === undefined ? [] : file),
    '--chdir',
    directory,
    ...variables.flatMap(([name, value]) => ['--setenv', name, value]),
  ];
  const text = parts.map((part) => `${part}\0`).join('');
  const filter = callFilter(!options.includes('--unshare-net')) ?? '';
  return [text, undefined, filter, ...(script === undefined ? [] : [script])];
}

/** What execve(2) takes: 128 KiB for one string, and 2 MiB for all together with a stack of the usual 8 MiB. */
const MOST_STRING_BYTES = 128 * 1024;
const MOST_BYTES = 2 * 1024 * 1024 - MOST_STRING_BYTES;

/** The shell starts without the variables, and would fail at the first program that it starts with them. */
function refuseTooLarge(environment: Record<string, string>): void {
  const sizes = Object.entries(environment).map(([name, value]) => Buffer.byteLength(`${name}=${value}`) + 1);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  if (all > MOST_BYTES || sizes.some((size) => size > MOST_STRING_BYTES))
    throw Object.assign(new Error('Argument list too long'), { code: 'E2BIG' });
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
