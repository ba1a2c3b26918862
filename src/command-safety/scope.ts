import type { Function as ShellFunction } from 'unbash';

/** Marks, from Unicode's private area, for parts of a text that cannot be known before the command runs. */
export const unknown = '\uE000';
/** Text that comes from the network. */
export const downloaded = '\uE001';
/** The wildcard `*`, and what may stand for any text between two slashes. */
export const anyText = '\uE002';
/** The wildcard `?` or `[…]`. */
export const anyCharacter = '\uE003';
/** Parts one argument from the next inside the value of `$@` or of an array. */
export const fieldBreak = '\uE004';

export const holds = {
  unknown: (text: string) => text.includes(unknown) || text.includes(downloaded),
  wildcard: (text: string) => text.includes(anyText) || text.includes(anyCharacter),
};

/** A folder that stands for the workspace: nobody knows yet where it will be. */
export const workspace = '/\uE005/\uE005/\uE005/\uE005';

/** What a command can read from its standard input. */
export interface Input {
  /** All of it, when it can be known. */
  text?: string | undefined;
  downloaded: boolean;
  /** Paths that a lister before it was given, such as those of `find`. */
  paths: readonly string[];
}

/** What is known at one place of a script. */
export interface Scope {
  /** Values that a variable may have there. */
  variables: Map<string, readonly string[]>;
  functions: Map<string, ShellFunction>;
  /** Of a function or script: its arguments. */
  positional: readonly string[] | undefined;
  /** Absolute; undefined when it is not known. */
  directory: string | undefined;
  input: Input | undefined;
  /** Contents of process substitutions, by the path under which they are read. */
  files: Map<string, string>;
  /** True where a statement may be skipped, so that a variable keeps its earlier value too. */
  conditional: boolean;
}

/** What a script knows when it starts. */
export function startScope(environment: Readonly<Record<string, string>> = {}): Scope {
  const given = Object.entries(environment).map(([name, value]) => [name, [value]] as const);
  return {
    variables: new Map([
      ['IFS', [' ']],
      ['HOME', [workspace]],
      ['PWD', [workspace]],
      ['TMPDIR', ['/tmp/temporary']],
      ...given,
    ]),
    functions: new Map(),
    positional: undefined,
    directory: workspace,
    input: undefined,
    files: new Map(),
    conditional: false,
  };
}

/** A scope whose changes do not reach the outer one. */
export function subshell(scope: Scope, changes: Partial<Scope> = {}): Scope {
  return { ...scope, variables: new Map(scope.variables), functions: new Map(scope.functions), ...changes };
}

/** More values of one variable than this are not told apart. */
const maxValues = 8;

export function assign(scope: Scope, name: string, values: readonly string[]): void {
  const before = scope.conditional ? (scope.variables.get(name) ?? []) : [];
  scope.variables.set(name, [...new Set([...values, ...before])].slice(0, maxValues));
}
