/** The parsed arguments of a command. */
export interface Arguments {
  /** All options with their dashes; combined letters (`-rf`) are separated. */
  options: Set<string>;
  /** The values of options by option. */
  values: Map<string, string>;
  operands: string[];
}

/** The options that take a value: one string of all letters, and long names without dashes. */
export interface OptionsSpec {
  letters?: string;
  long?: readonly string[];
  /** True when options end at the first operand, as for wrappers, whose first operand is another command. */
  leading?: boolean;
}

/** Parses arguments as getopt does (POSIX.1-2024, Utility Syntax Guidelines, with GNU's long options). */
export function parseArguments(
  args: readonly string[],
  { letters = '', long = [], leading = false }: OptionsSpec = {},
): Arguments {
  const result: Arguments = { options: new Set(), values: new Map(), operands: [] };
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i]!;
    if (arg === '--') {
      result.operands.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const [name = '', value] = arg.slice(2).split(/=(.*)/s);
      result.options.add(`--${name}`);
      if (value !== undefined) result.values.set(`--${name}`, value);
      else if (long.includes(name)) result.values.set(`--${name}`, args[(i += 1)] ?? '');
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let at = 1; at < arg.length; at += 1) {
        const letter = `-${arg[at]}`;
        result.options.add(letter);
        if (letters.includes(arg[at]!)) {
          result.values.set(letter, arg.slice(at + 1) || (args[(i += 1)] ?? ''));
          break;
        }
      }
    } else if (leading) {
      result.operands.push(...args.slice(i));
      break;
    } else {
      result.operands.push(arg);
    }
  }
  return result;
}
