import { quoted } from './variables.js';

/** The longest `#!` line: Linux reads 256 bytes of a program (BINPRM_BUF_SIZE), the last of which ends the line. */
const MAX_LINE_BYTES = 255;

/**
 * Converts the line breaks of a command that was written on Windows. A shell would take the carriage return for a part of the last
 * word of the line.
 */
export const withUnixLines = (command: string): string => command.replaceAll('\r\n', '\n');

/** The interpreter that the first line of a script names. */
export interface Shebang {
  interpreter: string;
  /** The rest of the line, as far as the kernel reads it; the kernel passes it to the interpreter as one argument. */
  argument: string | undefined;
  /** Whether the line is longer than the kernel reads, which would truncate the name or the argument. */
  isTooLong: boolean;
}

/**
 * Reads a first line `#!` as the kernel does (execve(2)).
 * @param command with line breaks as `withUnixLines` returns them
 * @returns undefined when there is no such line or it names no interpreter, which a shell takes for a comment
 */
export function shebangOf(command: string): Shebang | undefined {
  if (!command.startsWith('#!')) return undefined;
  const [line = ''] = command.split('\n', 1);
  // The line is truncated first: on 64 KiB of blanks the pattern would block the launcher for seconds.
  const words = /^[ \t]*([^ \t]+)(?:[ \t]+([^]*?))?[ \t]*$/.exec(line.slice(2, MAX_LINE_BYTES));
  if (!words) return undefined;
  const isTooLong = Buffer.byteLength(line) > MAX_LINE_BYTES;
  return { interpreter: words[1]!, argument: words[2] || undefined, isTooLong };
}

/**
 * Returns the shell command that runs a script. It starts the interpreter, as the kernel would, and not the file, which may be on a
 * file system that is mounted with `noexec`.
 * @param path the path of the file with the whole text
 */
export function startScript({ interpreter, argument, isTooLong }: Shebang, path: string): string {
  if (isTooLong)
    return fail(126, `The first line is longer than the ${MAX_LINE_BYTES} bytes that the system reads of it`);
  // the kernel does not search PATH for the name of an interpreter
  const program = quoted(interpreter.includes('/') ? interpreter : `./${interpreter}`);
  const words = [program, ...(argument === undefined ? [] : [quoted(argument)]), quoted(path)];
  const named = `The interpreter ${interpreter}, which the first line names,`;
  return (
    `[ -e ${program} ] || { ${fail(127, `${named} does not exist`)}; }; ` +
    `[ -f ${program} ] && [ -x ${program} ] || { ${fail(126, `${named} cannot be run`)}; }; ` +
    `exec ${words.join(' ')}`
  );
}

/** Returns the shell command that ends a run before it has begun, with an exit code and a message. */
export const fail = (code: number, message: string): string =>
  `printf '%s\\n' ${quoted(message)} >&2; exit ${code}`;
