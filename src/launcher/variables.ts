/**
 * How the variables of a command get past the shell that sets its limits: what a command names in LD_PRELOAD must act on no program
 * before the command, and so on no limit.
 */

/** A shell that is not isolated reads them from descriptor 3, since Node would have to start it with them. */
export const READ_VARIABLES = 'MILLRACE_VARIABLES=$(cat <&3) || exit 126; exec 3<&-; ';
export const SET_VARIABLES = 'eval "$MILLRACE_VARIABLES"; unset MILLRACE_VARIABLES OLDPWD; ';

/** In namespaces `bwrap` sets them under names on which no program acts; this saves the process that reads. */
const PREFIX = 'MILLRACE_SET_';
export const RENAME_VARIABLES =
  `for MILLRACE_NAME in $MILLRACE_NAMES; do eval "export $MILLRACE_NAME=\\"\\$${PREFIX}$MILLRACE_NAME\\""; ` +
  `unset "${PREFIX}$MILLRACE_NAME"; done; unset MILLRACE_NAME MILLRACE_NAMES OLDPWD; `;

/** What a shell has of its own, and partly refuses to have set; the last three are those of the lines above. */
const OF_THE_SHELL = new Set(
  (
    'PWD OLDPWD IFS PPID OPTIND LINENO _ UID EUID SHELLOPTS BASHOPTS BASH_VERSINFO ' +
    'MILLRACE_VARIABLES MILLRACE_NAME MILLRACE_NAMES'
  ).split(' '),
);
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

const settable = (environment: Record<string, string>): [string, string][] =>
  Object.entries(environment).filter(([name]) => IDENTIFIER.test(name) && !OF_THE_SHELL.has(name));

/** What `SET_VARIABLES` is to have read. */
export function assignments(environment: Record<string, string>): string {
  return settable(environment)
    .map(([name, value]) => `export ${name}=${quoted(value)}\n`)
    .join('');
}

/** What `RENAME_VARIABLES` is to find. */
export function prefixed(environment: Record<string, string>): Record<string, string> {
  const variables = settable(environment);
  return {
    MILLRACE_NAMES: variables.map(([name]) => name).join(' '),
    ...Object.fromEntries(variables.map(([name, value]) => [PREFIX + name, value])),
  };
}

export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
