import { RE2JS, RE2JSSyntaxException } from 're2js';
import { patternSize } from './pattern-size.js';

/** The longest pattern, in characters. */
export const longestPattern = 200;
/** The largest size of a pattern, and of all patterns of a task: 2,000 are compiled in some 40 ms. */
export const mostSize = { one: 1_000, inAll: 2_000 };
/** The most steps of all matches of a run, the size of each program times the length of its value: half a million take 50 ms at worst. */
const mostSteps = 500_000;

/** The size of all programs that are kept compiled, some 15 MB. */
const mostCachedSize = 100_000;
const compiled = new Map<string, RE2JS>();
let cachedSize = 0;

/**
 * Compiles a pattern in the syntax of RE2, whose matches take time in proportion to the text whatever the pattern is.
 * @throws RE2JSSyntaxException
 */
function compile(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known) return known;
  const made = RE2JS.compile(pattern);
  for (const [oldest, program] of compiled) {
    if (cachedSize + made.programSize() <= mostCachedSize) break;
    compiled.delete(oldest);
    cachedSize -= program.programSize();
  }
  compiled.set(pattern, made);
  cachedSize += made.programSize();
  return made;
}

/** Explains what is wrong with a pattern. @returns undefined when nothing is */
export function patternFault(pattern: string): string | undefined {
  const size = patternSize(pattern);
  if (typeof size === 'object') return size.fault;
  if (size > mostSize.one)
    return `is too large: its repetitions make ${size} parts of it, ${mostSize.one} at most`;
  try {
    compile(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return `is not a pattern of RE2: ${error.message}`;
    throw error;
  }
}

/** Says whether patterns are too large together, before any of them is compiled. */
export function areTooLarge(patterns: readonly string[]): boolean {
  const sizes = patterns.map(patternSize).filter((size) => typeof size === 'number');
  return sizes.reduce((sum, size) => sum + size, 0) > mostSize.inAll;
}

/** Compares the values of one run with their patterns, within a bound for all of them. What was compared is not compared again. */
export class PatternMatches {
  private steps = 0;
  private readonly known = new Map<string, { value: string; isMatch: boolean }>();

  /** Whether a pattern matches the whole of a value; undefined when that would take too long to say. */
  matchesWhole(pattern: string, value: string): boolean | undefined {
    const before = this.known.get(pattern);
    if (before?.value === value) return before.isMatch;
    // one of an earlier version may be larger than is allowed now
    if (patternFault(pattern) !== undefined) return undefined;
    const program = compile(pattern);
    this.steps += program.programSize() * value.length;
    if (this.steps > mostSteps) return undefined;
    const isMatch = program.testExact(value);
    this.known.set(pattern, { value, isMatch });
    return isMatch;
  }
}
