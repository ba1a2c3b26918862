import { fail } from './shebang.js';

/** A command for `/bin/sh`, with its parameters from $0 on. */
interface ShellCommand {
  command: string;
  parameters: string[];
}

/**
 * Returns the command that makes `/bin/sh` become another shell, in the same process and with the text as it is. The text is a parameter
 * and not a part of the command, since its quotes would have to be escaped, beyond the 128 KiB of one argument.
 * @param shell a name, which is looked up in the PATH of the command, or a path; undefined for `/bin/sh` itself
 */
export function shellCommand(shell: string | undefined, text: string): ShellCommand {
  if (shell === undefined || shell === 'sh') return { command: text, parameters: [] };
  const missing = fail(127, `The shell ${shell}, which runs this command, does not exist on this host`);
  // not found in PATH is told by `command`, which also knows the words of the shell itself; `exec` runs programs only
  return {
    command: `command -v -- "$1" >/dev/null || { ${missing}; }; exec "$1" -c "$2"`,
    parameters: ['sh', shell, text],
  };
}
