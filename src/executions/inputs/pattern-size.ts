/** What a class of Unicode, such as `\pL`, counts in the size of a pattern: it takes as long to compile as so many letters. */
const classSize = 20;

/** What is read of a group, or of the pattern outside of groups: the size of all that is in it, and of its last part, which may repeat. */
interface Part {
  all: number;
  last: number;
}

/**
 * Bounds the size of the program that a pattern is compiled to, before it is: repetitions within repetitions multiply, and a text of 200
 * characters may become a program of 160,000 instructions. A program has at most three times this size.
 * @param pattern in the syntax of RE2; one that is none gets a size, too
 * @returns the size, or what the pattern must not have
 */
export function patternSize(pattern: string): number | { fault: string } {
  if (pattern.includes('\\Q')) return { fault: 'must not quote with \\Q' };
  // each character of a range is looked up for its other cases: 20 ms for one that is wide
  if (/\(\?[A-Za-z]*i/.test(pattern) && /[^ -~]|\\[pPx0-7]/.test(pattern))
    return { fault: 'must be of ASCII without \\p, \\x and octal numbers to ignore the case' };
  const outer: Part[] = [];
  let part: Part = { all: 0, last: 0 };
  const add = (size: number) => {
    part.all += size;
    part.last = size;
  };
  for (let at = 0; at < pattern.length;) {
    const [token, kind] = tokenAt(pattern, at);
    at += token.length;
    if (kind === 'repeat') {
      const [least, most] = token.slice(1, -1).split(',').map(Number);
      const times = Math.max(least!, most ?? 0) + (token.endsWith(',}') ? 1 : 0);
      part.all += part.last * (times - 1);
      part.last *= times;
    } else if (kind === 'open') {
      outer.push(part);
      part = { all: token.endsWith(':') ? 0 : 2, last: 0 };
    } else if (token === ')') {
      const { all } = part;
      part = outer.pop() ?? { all: 0, last: 0 };
      add(all);
    } else if (kind === 'one' && '*+?'.includes(token)) {
      part.all += 1;
      part.last += 1;
    } else add(kind === 'class' ? classSize * (token.match(/\\[pP]/g)?.length ?? 0) + 1 : 1);
  }
  return outer.reduce((sum, { all }) => sum + all, part.all);
}

const repeat = /\{\d+(?:,\d*)?\}/y;
const open = /\((?:\?[A-Za-z-]*:)?/y;
const escaped = /\\(?:[pPx]\{[^}]*\}|.)/suy;
// the first bracket of a class is a character, as is one that begins no name of a class
const characterClass = /\[\^?\]?(?:\[:\^?[a-z]+:\]|\\.|[^\]\\])*\]?/suy;

/** Reads what stands at a place of a pattern. */
function tokenAt(pattern: string, at: number): [token: string, kind: 'repeat' | 'open' | 'class' | 'one'] {
  for (const [expression, kind] of [
    [repeat, 'repeat'],
    [open, 'open'],
    [escaped, 'class'],
    [characterClass, 'class'],
  ] as const) {
    expression.lastIndex = at;
    const token = expression.exec(pattern)?.[0];
    if (token !== undefined) return [token, kind];
  }
  return [pattern[at]!, 'one'];
}
