import { quoted } from './variables.js';

/** Linux reads 256 bytes of a program (BINPRM_BUF_SIZE), and the last of them ends the line. */
const MOST_LINE_BYTES = 255;

/**
 * The text of a command as it is run. Where an editor on Windows wrote it, a shell would take the first half of each line break for
 * a part of the last word.
 */
export const withUnixLines = (command: string): string => command.replaceAll('\r\n', '\n');

/** The interpreter that the first line of a script names. */
export interface Shebang {
  interpreter: string;
  /** All that follows on the line, as far as the kernel reads it: it hands it over as one argument. */
  argument: string | undefined;
  /** The line is longer than the kernel reads, which would cut the name or the argument short. */
  isTooLong: boolean;
}

/**
 * Reads a first line `#!` as the kernel does (execve(2)).
 * @param command as `withUnixLines` gave it
 * @returns undefined where there is none, or one that names nothing: a shell takes that for a comment
 */
export function shebangOf(command: string): Shebang | undefined {
  if (!command.startsWith('#!')) return undefined;
  const [line = ''] = command.split('\n', 1);
  // No more than what can count: over 64 KiB of blanks the pattern takes seconds, in which the launcher does nothing else.
  const words = /^[ \t]*([^ \t]+)(?:[ \t]+([^]*?))?[ \t]*$/.exec(line.slice(2, MOST_LINE_BYTES));
  if (!words) return undefined;
  const isTooLong = Buffer.byteLength(line) > MOST_LINE_BYTES;
  return { interpreter: words[1]!, argument: words[2] || undefined, isTooLong };
}

/**
 * What a shell has to run for a script. It starts the interpreter itself, as the kernel would, and not the file: that may lie in a
 * file system from which nothing can be run (`noexec`).
 * @param path of the file with the whole text
 */
export function startScript({ interpreter, argument, isTooLong }: Shebang, path: string): string {
  if (isTooLong)
    return fail(
      126,
      `The first line is longer than the ${MOST_LINE_BYTES} bytes that the system reads of it`,
    );
  // the kernel does not look for a name in PATH
  const program = quoted(interpreter.includes('/') ? interpreter : `./${interpreter}`);
  const words = [program, ...(argument === undefined ? [] : [quoted(argument)]), quoted(path)];
  const named = `The interpreter ${interpreter}, which the first line names,`;
  return (
    `[ -e ${program} ] || { ${fail(127, `${named} does not exist`)}; }; ` +
    `[ -f ${program} ] && [ -x ${program} ] || { ${fail(126, `${named} cannot be run`)}; }; ` +
    `exec ${words.join(' ')}`
  );
}

const fail = (code: number, message: string): string => `printf '%s\\n' ${quoted(message)} >&2; exit ${code}`;
