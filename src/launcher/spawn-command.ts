import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { asUser, cleanEnvironment } from './as-user.js';
import type { FifoPool } from './fifo-pool.js';
import { LaunchError } from './launch-error.js';
import { callFilter } from './call-filter.js';
import {
  commandLine,
  descriptors,
  isolatedCommandLine,
  type MarkMethod,
  type Setting,
} from './mark-method.js';
import type { LaunchOrder } from './messages.js';
import type { OutputRelays, RelayedOutput } from './output-relays.js';
import type { ScriptFiles } from './script-files.js';
import { shebangOf, startScript, withUnixLines } from './shebang.js';
import { shellCommand } from './shell-command.js';
import { assignments, prefixed } from './variables.js';

const FIRST_PIPE = 3;
/** More than bubblewrap ever writes to its info descriptor. */
const MAX_INFO = 4096;
/** The path of the script in an isolated run, whose `/tmp` is private and removed with it. */
const ISOLATED_SCRIPT = '/tmp/.millrace/command';
/** The path of a file in an isolated run. */
const isolatedFile = (index: number) => `/tmp/.millrace/file-${index + 1}`;

const REASONS: Record<string, string> = {
  E2BIG: 'the command or its environment is too large for the system',
  EAGAIN: 'the system refuses another process (the limit of the user or of the host is reached)',
  ENOMEM: 'the system has no memory for another process',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on the host',
};

/** A started command, as far as the launcher uses it. */
export interface StartedCommand {
  pid: number;
  output: RelayedOutput | undefined;
  onExit(listener: (code: number | null, signal: NodeJS.Signals | null) => void): void;
  /** Calls back with the pid of the init of the namespace of an isolated command, when it is known. */
  onNamespace(listener: (init: number) => void): void;
}

/** The files and processes that the launcher provides for its commands. */
export interface CommandFiles {
  fifos: FifoPool;
  /** Undefined where there is no Perl. */
  relays: OutputRelays | undefined;
  scripts: ScriptFiles;
}

/** What identifies the processes of a command for as long as they live. */
export interface Marks {
  markMethod: MarkMethod;
  mark: string;
  /** The value of `MILLRACE_LAUNCHER`. */
  token: string;
}

/**
 * Starts a command as leader of a session of its own, in `/`; its shell enters the working directory as the command's user. The command
 * gets /dev/null, its two FIFOs and no other descriptor once the shell has read the variables: Node opens everything close-on-exec, and
 * libuv resets signals to their defaults. It uses plain `spawn` and not execa: docs/adr/0012.
 * @param setting with the directory that `findWorkingDirectory` returned
 * @throws LaunchError
 */
export async function spawnCommand(
  order: LaunchOrder,
  { markMethod, mark, token }: Marks,
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
    const { bubblewrap } = order;
    const files = (order.files ?? []).map(({ variable, content }, index) => {
      const bytes = Buffer.from(content, 'base64');
      const path = bubblewrap ? isolatedFile(index) : scripts.write(order.run, bytes, order.user, false);
      return { variable, path, bytes };
    });
    const paths = Object.fromEntries(files.map(({ variable, path }) => [variable, path]));
    const environment = { ...order.environment, ...paths, ...marks };
    const { directory, ...outside } = setting;
    refuseTooLarge(environment);
    // Node checks arguments for NUL bytes, but not what is written to a pipe or a file
    if (order.command.includes('\0')) throw new Error('there is a NUL in it');
    const text = withUnixLines(order.command);
    const shebang = shebangOf(text);
    const script = shebang && (bubblewrap ? ISOLATED_SCRIPT : scripts.write(order.run, text, order.user));
    const { command, parameters } = shebang
      ? { command: startScript(shebang, script!), parameters: [] }
      : shellCommand(order.shell, text);
    const { line, options } = asUser(
      order.user,
      bubblewrap
        ? isolatedCommandLine(markMethod, mark, command, outside, parameters)
        : commandLine(markMethod, mark, command, setting, parameters),
    );
    const inputs = bubblewrap
      ? isolatedInputs(bubblewrap, directory, environment, [
          ...(shebang ? [{ path: ISOLATED_SCRIPT, mode: '0700', content: text }] : []),
          ...files.map(({ path, bytes }) => ({ path, mode: '0400', content: bytes })),
        ])
      : [assignments(environment)];
    const child = spawn(line[0], line.slice(1), {
      ...options,
      cwd: '/',
      env: { ...cleanEnvironment, ...marks },
      detached: true,
      stdio: ['ignore', stdout, stderr, ...inputs.map(() => 'pipe' as const)],
    });
    // This happens before the command can begin, which could block the closing of a pipe by holding its lock.
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

/** Writes to a pipe of the child, so that the process list does not show the values of variables. Skips pipes that are read instead. */
function send(child: ChildProcess, descriptor: number, input: string | Buffer | undefined): void {
  if (input === undefined) return;
  const pipe = child.stdio[descriptor] as Writable;
  // the child may end before it has read everything
  pipe.on('error', () => {});
  pipe.end(input);
}

/** Returns the inputs for descriptor 3 and those after it, in the order of `descriptors`; `undefined` for the one that is read. */
function isolatedInputs(
  options: string[],
  directory: string,
  environment: Record<string, string>,
  files: readonly { path: string; mode: string; content: string | Buffer }[],
): (string | Buffer | undefined)[] {
  const variables = Object.entries({ ...cleanEnvironment, ...prefixed(environment) });
  const parts = [
    ...options,
    ...files.flatMap(({ path, mode }, index) => [
      '--perms',
      mode,
      '--file',
      `${descriptors.files + index}`,
      path,
    ]),
    '--chdir',
    directory,
    ...variables.flatMap(([name, value]) => ['--setenv', name, value]),
  ];
  const text = parts.map((part) => `${part}\0`).join('');
  const filter = callFilter(!options.includes('--unshare-net')) ?? '';
  return [text, undefined, filter, ...files.map(({ content }) => content)];
}

/** The limits of execve(2): 128 KiB for one string, and 2 MiB for all together with the usual stack of 8 MiB. */
const MAX_STRING_BYTES = 128 * 1024;
const MAX_BYTES = 2 * 1024 * 1024 - MAX_STRING_BYTES;

/** Refuses variables that execve(2) would refuse: the shell starts without them and would fail at its first program instead. */
function refuseTooLarge(environment: Record<string, string>): void {
  const sizes = Object.entries(environment).map(([name, value]) => Buffer.byteLength(`${name}=${value}`) + 1);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  if (all > MAX_BYTES || sizes.some((size) => size > MAX_STRING_BYTES))
    throw Object.assign(new Error('Argument list too long'), { code: 'E2BIG' });
}

function readInit(pipe: Readable, listener: (init: number) => void): void {
  let text = '';
  pipe.on('error', () => {});
  pipe.setEncoding('latin1').on('data', (part: string) => {
    if (text.length < MAX_INFO) text += part;
  });
  // the pipe is read to its end, since bubblewrap fails when it cannot write to it
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
