import type { Function as ShellFunction } from 'unbash';

/** A mark for text that is only known when the command runs. All marks are from Unicode's private use area. */
export const unknown = '\uE000';
/** A mark for text that comes from the network. */
export const downloaded = '\uE001';
/** A mark for the wildcard `*`, which matches any text between two slashes. */
export const anyText = '\uE002';
/** A mark for the wildcards `?` and `[…]`. */
export const anyCharacter = '\uE003';
/** A mark that separates the arguments in the value of `$@`, and the elements of an array. */
export const fieldBreak = '\uE004';

export const holds = {
  unknown: (text: string) => text.includes(unknown) || text.includes(downloaded),
  wildcard: (text: string) => text.includes(anyText) || text.includes(anyCharacter),
};

/** A placeholder for the folder of the workspace, whose path is not known before the run. */
export const workspace = '/\uE005/\uE005/\uE005/\uE005';

/** The standard input of a command. */
export interface Input {
  /** The whole text, if it is known. */
  text?: string | undefined;
  downloaded: boolean;
  /** The paths that an earlier stage of the pipeline lists, such as `find`. */
  paths: readonly string[];
}

/** What the shell knows at one place of a script: variables, functions, the working directory. */
export interface Scope {
  /** The values that each variable may have. */
  variables: Map<string, readonly string[]>;
  functions: Map<string, ShellFunction>;
  /** The arguments of the function or script; undefined when they are not known. */
  positional: readonly string[] | undefined;
  /** The working directory as an absolute path; undefined when it is not known. */
  directory: string | undefined;
  input: Input | undefined;
  /** The contents of process substitutions by the path under which they are read. */
  files: Map<string, string>;
  /** True where a statement may be skipped, so that a variable keeps its earlier value too. */
  conditional: boolean;
}

/** Returns the scope in which a script starts. */
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

/** Copies a scope for a subshell, whose changes do not reach the outer one. */
export function subshell(scope: Scope, changes: Partial<Scope> = {}): Scope {
  return { ...scope, variables: new Map(scope.variables), functions: new Map(scope.functions), ...changes };
}

/** The most possible values of one variable that are tracked. */
const maxValues = 8;

export function assign(scope: Scope, name: string, values: readonly string[]): void {
  const before = scope.conditional ? (scope.variables.get(name) ?? []) : [];
  scope.variables.set(name, [...new Set([...values, ...before])].slice(0, maxValues));
}
