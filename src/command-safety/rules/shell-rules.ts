import { changes, type Invocation, type Rule } from '../invocation.js';
import { parseArguments } from '../options.js';
import { assign, downloaded, startScope, subshell, unknown, type Input, type Scope } from '../scope.js';
import { absolute } from '../system-path.js';

/** Checks the standard input of a shell or another interpreter that reads its program from there. */
function runInput(invocation: Invocation, input: Input | undefined, isShell: boolean): void {
  if (input?.downloaded) invocation.findings.danger('download');
  else if (isShell && input?.text !== undefined)
    invocation.script(input.text, subshell(invocation.scope, { input: undefined }));
}

function runFile(invocation: Invocation, path: string, isShell: boolean, scope: Scope): void {
  const text = invocation.scope.files.get(path);
  if (path === '-' || path === '/dev/stdin' || path === '/proc/self/fd/0')
    runInput(invocation, invocation.scope.input, isShell);
  else if (text?.includes(downloaded) || path.includes(downloaded)) invocation.findings.danger('download');
  else if (isShell && text !== undefined) invocation.script(text, scope);
}

const shell: Rule = (invocation) => {
  const { args, scope } = invocation;
  const { options, operands } = parseArguments(
    args.filter((arg) => !arg.startsWith('+')),
    {
      letters: 'oO',
      long: ['rcfile', 'init-file'],
      leading: true,
    },
  );
  const inner = subshell(scope);
  const [first] = operands;
  if (options.has('-c')) {
    inner.positional = operands.slice(2);
    assign(inner, '0', operands.slice(1, 2));
    invocation.script(first ?? '', inner);
  } else if (first === undefined || options.has('-s')) {
    runInput(invocation, scope.input, true);
  } else {
    inner.positional = operands.slice(1);
    runFile(invocation, first, true, inner);
  }
};

/** Checks interpreters of other languages: not their programs, but whether these come from the network. */
const interpreter: Rule = (invocation) => {
  const { operands, options } = parseArguments(invocation.args, { letters: 'WXI', leading: true });
  const inline = [...options].some((option) =>
    /^(-[cemnpErF]|--eval|--print|--version|--help)$/.test(option),
  );
  if (inline) return;
  const [first] = operands[0] === 'run' ? operands.slice(1) : operands;
  if (first === undefined) runInput(invocation, invocation.scope.input, false);
  else runFile(invocation, first, false, invocation.scope);
};

const evaluate: Rule = ({ args, scope, script }) =>
  script(args.filter((arg, index) => index > 0 || arg !== '--').join(' '), scope);

const source: Rule = (invocation) => {
  const [path] = invocation.args;
  if (path !== undefined) runFile(invocation, path, true, invocation.scope);
};

const xargs: Rule = ({ args, scope, run }) => {
  const { operands, values } = parseArguments(args, {
    letters: 'ILnPsdEa',
    long: ['max-args', 'max-procs', 'max-lines', 'delimiter', 'arg-file', 'replace'],
    leading: true,
  });
  const command = operands.length > 0 ? operands : ['echo'];
  const text = scope.input?.text;
  const items = text === undefined ? (scope.input?.paths ?? []) : text.split(/[\s\0]+/).filter(Boolean);
  const place = values.get('-I') ?? values.get('--replace');
  const inner = subshell(scope, { input: undefined });
  if (place === undefined) run([...command, ...items.slice(0, 256)], inner);
  else if (items.length === 0) run(command, inner);
  else
    for (const item of items.slice(0, 16))
      run(
        command.map((word) => word.replaceAll(place, item)),
        inner,
      );
};

/** Returns a path for an unknown file below a folder, as `find` finds them. */
export const below = (folder: string): string => `${folder.replace(/\/+$/, '')}/${unknown}`;

/** Returns the folders from which `find` starts. */
export function startsOfFind(args: readonly string[]): string[] {
  const options = args.findIndex((arg) => !/^-([HLP]|O\d|D)$/.test(arg));
  const rest = options < 0 ? [] : args.slice(options);
  const end = rest.findIndex((arg) => /^[-(!]/.test(arg));
  const starts = end < 0 ? rest : rest.slice(0, end);
  return starts.length > 0 ? starts : ['.'];
}

const find: Rule = (invocation) => {
  const { args, scope, run } = invocation;
  const found = startsOfFind(args).map(below);
  if (args.includes('-delete')) changes(invocation, 'delete', found);
  args.forEach((arg, index) => {
    if (/^-fprintf?0?$|^-fls$/.test(arg)) changes(invocation, 'write', args.slice(index + 1, index + 2));
    if (!/^-(exec|ok)(dir)?$/.test(arg)) return;
    const rest = args.slice(index + 1);
    const end = rest.findIndex((word) => word === ';' || word === '+');
    const command = end < 0 ? rest : rest.slice(0, end);
    for (const path of found)
      run(
        command.map((word) => word.replaceAll('{}', path)),
        subshell(scope),
      );
  });
};

/** The longest path on Linux (PATH_MAX). A longer working directory is treated as unknown. */
const longestPath = 4096;

const changeDirectory: Rule = ({ args, scope }) => {
  const { operands } = parseArguments(args);
  const target = operands[0] ?? scope.variables.get('HOME')?.[0] ?? '';
  const directory =
    target === '-' || target.startsWith(unknown) ? undefined : absolute(target, scope.directory);
  scope.directory = (directory?.length ?? 0) > longestPath ? undefined : directory;
};

const trap: Rule = ({ args, scope, script }) => {
  const { operands } = parseArguments(args);
  if (operands.length > 1) script(operands[0] ?? '', subshell(scope));
};

/** Checks the definitions of aliases, since dash expands aliases in scripts. */
const alias: Rule = ({ args, scope, script }) => {
  for (const arg of args) if (arg.includes('=')) script(arg.slice(arg.indexOf('=') + 1), subshell(scope));
};

/** Checks the command of `ssh`, which runs on another host, outside the workspace. */
const remote: Rule = ({ args, script }) => {
  const { operands } = parseArguments(args, { letters: 'bcDEeFIiJLlmOopQRSWw', leading: true });
  if (operands.length > 1)
    script(operands.slice(1).join(' '), { ...startScope(), directory: '/home/somebody/somewhere' });
};

const set: Rule = ({ args, scope }) => {
  const dashes = args.indexOf('--');
  if (dashes >= 0) scope.positional = args.slice(dashes + 1);
};

const shift: Rule = ({ args, scope }) => {
  scope.positional = scope.positional?.slice(Number(args[0] ?? 1) || 1);
};

const reads: Rule = ({ args, scope }) => {
  const { operands } = parseArguments(args, { letters: 'adinNptu' });
  const text = scope.input?.text;
  for (const name of operands)
    assign(
      scope,
      name,
      text === undefined ? (scope.input?.paths ?? [unknown]) : text.split('\n').slice(0, 8),
    );
};

const named = (names: readonly string[], rule: Rule) => Object.fromEntries(names.map((name) => [name, rule]));

const shells = ['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh', 'mksh', 'fish', 'rbash'];

export const isShell = (name: string): boolean => shells.includes(name);

/** Rules for programs and builtins that run other commands, or that set variables and the working directory for later ones. */
export const shellRules: Record<string, Rule> = {
  ...named(shells, shell),
  ...named(
    ['python', 'python2', 'python3', 'perl', 'ruby', 'node', 'nodejs', 'php', 'lua', 'deno', 'bun', 'pwsh'],
    interpreter,
  ),
  ...named(['source', '.'], source),
  ...named(['cd', 'pushd'], changeDirectory),
  ...named(['read', 'mapfile', 'readarray'], reads),
  eval: evaluate,
  xargs,
  find,
  trap,
  alias,
  ssh: remote,
  set,
  shift,
};
