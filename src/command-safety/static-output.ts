import type { CommandNode, ParsedScript, Word } from 'unbash';
import { baseName } from './system-path.js';
import { downloaded, holds } from './scope.js';

/** The length beyond which output is treated as unknown. */
const maxLength = 65_536;

/** Programs that only transform their input, with functions that compute their output from the whole input. */
const filters: Record<string, (input: string, args: readonly string[]) => string | undefined> = {
  cat: (input, args) => (args.every((arg) => arg === '-') ? input : undefined),
  base64: (input, args) =>
    args.some((arg) => /^(-d|-D|--decode|-di|-id)$/.test(arg))
      ? Buffer.from(input, 'base64').toString()
      : undefined,
  xxd: (input, args) =>
    /r/.test(args.join('')) && /p/.test(args.join('')) ? Buffer.from(input, 'hex').toString() : undefined,
  rev: (input) =>
    input
      .split('\n')
      .map((line) => [...line].toReversed().join(''))
      .join('\n'),
};

const escapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  v: '\v',
};

function unescape(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|0?([0-7]{1,3})|(.))/gs,
    (all, hex, octal, character: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex as string, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal as string, 8) & 0xff);
      return escapes[character] ?? all;
    },
  );
}

function echo(args: readonly string[]): string {
  let first = 0;
  let escaped = false;
  for (; /^-[neE]+$/.test(args[first] ?? ''); first += 1) escaped ||= args[first]!.includes('e');
  const text = args.slice(first).join(' ');
  // the shell is often dash, whose `echo` always interprets escapes
  return escaped || text.includes('\\') ? unescape(text) : text;
}

function printf(args: readonly string[]): string {
  const [format = '', ...values] = args[0] === '--' ? args.slice(1) : args;
  let output = '';
  let next = 0;
  do {
    const before = next;
    output += unescape(format).replace(
      /%(?:%|[-+ 0#]*\d*(?:\.\d+)?([a-zA-Z]))/g,
      (_, kind: string | undefined) => {
        if (kind === undefined) return '%';
        const value = values[next++] ?? '';
        return kind === 'b' ? unescape(value) : value;
      },
    );
    if (next === before) break;
  } while (next < values.length && output.length < maxLength);
  return output;
}

/** Computes the output of a command from its arguments and input; undefined when only running it would show. */
export function outputOf(argv: readonly string[], input: string | undefined): string | undefined {
  const [name = '', ...args] = argv;
  const program = baseName(name);
  if (program === 'echo') return echo(args);
  if (program === 'printf') return printf(args);
  if (program === 'which' || (program === 'command' && /^-[vV]$/.test(args[0] ?? ''))) return args.at(-1);
  const filter = Object.hasOwn(filters, program) ? filters[program] : undefined;
  return input === undefined ? undefined : filter?.(input, args);
}

type Expand = (words: readonly Word[]) => readonly string[];

/** Computes the output of one stage of a pipeline; undefined when only running it would show. */
export function stageOutput(
  node: CommandNode,
  input: string | undefined,
  expand: Expand,
): string | undefined {
  if (node.type !== 'Command' || !node.name) return undefined;
  const argv = expand([node.name, ...node.args.filter((arg) => arg.type === 'Word')]);
  let given = input;
  for (const redirect of node.redirects) {
    if (redirect.type === 'HereString' && redirect.target) given = expand([redirect.target]).join(' ');
    else if (redirect.type === 'HereDoc') given = redirect.body.text;
    else if (redirect.operator.startsWith('>')) return undefined;
  }
  const output = outputOf(argv, given);
  return output === undefined || output.length > maxLength ? undefined : output;
}

/** Computes the output of a script of `echo`, `printf` and simple filters; undefined when only running it would show. */
export function scriptOutput(script: ParsedScript, expand: Expand): string | undefined {
  let all = '';
  for (const { command } of script.commands) {
    if (command.type === 'AndOr') return undefined;
    let output: string | undefined;
    const stages = command.type === 'Pipeline' ? command.commands : [command];
    for (const stage of stages) {
      output = stageOutput(stage, output, expand);
      if (output === undefined) return undefined;
    }
    all += output ?? '';
    if (command.type === 'Command' && !command.name) return undefined;
  }
  return script.commands.length === 0 ||
    all.length > maxLength ||
    (holds.unknown(all) && all.includes(downloaded))
    ? undefined
    : all.replace(/\n+$/, '');
}
