/**
 * How the variables of a command bypass the shell that sets its limits: a library that a command names in LD_PRELOAD must not be loaded
 * into any program before the command, where it could evade the limits.
 */

/** Reads the variables from descriptor 3, in a shell that is not isolated, which Node would otherwise have to start with them. */
export const READ_VARIABLES = 'MILLRACE_VARIABLES=$(cat <&3) || exit 126; exec 3<&-; ';
export const SET_VARIABLES = 'eval "$MILLRACE_VARIABLES"; unset MILLRACE_VARIABLES OLDPWD; ';

/** The prefix under which `bwrap` sets variables in namespaces, so that no program acts on them; this saves the process that reads. */
const PREFIX = 'MILLRACE_SET_';
export const RENAME_VARIABLES =
  `for MILLRACE_NAME in $MILLRACE_NAMES; do eval "export $MILLRACE_NAME=\\"\\$${PREFIX}$MILLRACE_NAME\\""; ` +
  `unset "${PREFIX}$MILLRACE_NAME"; done; unset MILLRACE_NAME MILLRACE_NAMES OLDPWD; `;

/** The shell's own variables, some of which are read-only; the last three are used by the lines above. */
const SHELL_VARIABLES = new Set(
  (
    'PWD OLDPWD IFS PPID OPTIND LINENO _ UID EUID SHELLOPTS BASHOPTS BASH_VERSINFO ' +
    'MILLRACE_VARIABLES MILLRACE_NAME MILLRACE_NAMES'
  ).split(' '),
);
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

const settable = (environment: Record<string, string>): [string, string][] =>
  Object.entries(environment).filter(([name]) => IDENTIFIER.test(name) && !SHELL_VARIABLES.has(name));

/** Returns the assignments that `READ_VARIABLES` reads and `SET_VARIABLES` evaluates. */
export function assignments(environment: Record<string, string>): string {
  return settable(environment)
    .map(([name, value]) => `export ${name}=${quoted(value)}\n`)
    .join('');
}

/** Returns the environment that `RENAME_VARIABLES` renames. */
export function prefixed(environment: Record<string, string>): Record<string, string> {
  const variables = settable(environment);
  return {
    MILLRACE_NAMES: variables.map(([name]) => name).join(' '),
    ...Object.fromEntries(variables.map(([name, value]) => [PREFIX + name, value])),
  };
}

export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
