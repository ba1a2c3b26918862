import { RE2JS, RE2JSSyntaxException } from 're2js';

/** The longest pattern, in characters. */
export const longestPattern = 200;
/** The most repetitions that the patterns of a task may ask for with braces: each makes the program longer, and 1,000 compile in 35 ms. */
export const mostRepetitions = 1_000;
/** The most steps of a match, the size of the program times the length of the value: ten million take 60 ms at worst. */
const mostSteps = 10_000_000;

const mostCached = 200;
const compiled = new Map<string, RE2JS>();

/**
 * Compiles a pattern in the syntax of RE2, whose matches take time in proportion to the text whatever the pattern is.
 * @throws RE2JSSyntaxException
 */
function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  const made = RE2JS.compile(pattern);
  if (compiled.size >= mostCached) compiled.delete(compiled.keys().next().value!);
  compiled.set(pattern, made);
  return made;
}

/** Explains what is wrong with a pattern. @returns undefined when nothing is */
export function patternFault(pattern: string): string | undefined {
  try {
    compile(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return `is not a pattern of RE2: ${error.message}`;
    throw error;
  }
}

/** Counts the repetitions that a pattern asks for with braces, such as 12 in `x{2,12}`. */
export function repetitionsOf(pattern: string): number {
  return [...pattern.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].reduce(
    (sum, [, least, most]) => sum + Math.max(Number(least), Number(most ?? 0)),
    0,
  );
}

/** Whether a pattern matches the whole of a value; `undefined` when that would take too long to say. */
export function matchesWhole(pattern: string, value: string): boolean | undefined {
  const program = compile(pattern);
  if (program.programSize() * value.length > mostSteps) return undefined;
  return program.testExact(value);
}
