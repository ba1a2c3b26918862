import { describe, expect, it } from 'vitest';
import { parseSearch, searchCondition, type SearchNode } from './search-syntax.js';

/** Formats a syntax tree in short form. */
function show(node: SearchNode | undefined): string {
  if (!node) return '-';
  if (node.kind === 'tag') return `tag=${node.tag}`;
  if (node.kind === 'not') return `!${show(node.node)}`;
  if (node.kind === 'text')
    return `${node.field ? `${node.field}=` : ''}${node.text}${node.prefix ? '*' : ''}`;
  return `(${node.nodes.map(show).join(node.kind === 'and' ? ' & ' : ' | ')})`;
}

describe('parseSearch', () => {
  it.each([
    ['authentication', 'authentication'],
    ['"user authentication"', 'user authentication'],
    ['auth* AND security', '(auth* & security)'],
    ['title:authentication', 'title=authentication'],
    ['title:"two words"', 'title=two words'],
    ['a b c', '(a & b & c)'],
    ['a OR b c', '(a | (b & c))'],
    ['(a OR b) c', '((a | b) & c)'],
    ['NOT a', '!a'],
    ['a NOT b', '(a & !b)'],
    ['NOT (a OR b)', '!(a | b)'],
    ['tag:backend tags:x', '(tag=backend & tag=x)'],
    ['and or not', '(and & or & not)'],
    ['https://example.com', 'https://example.com'],
    ['Title:x', 'title=x'],
    ['a -b', '(a & !b)'],
    ['-a -"b c"', '(!a & !b c)'],
    ['a -(b OR c)', '(a & !(b | c))'],
    ['-title:x', '!title=x'],
    ['well-known --flag', '(well-known & --flag)'],
    ['title:(a OR b)', '(title=a | title=b)'],
    ['title:(a description:b "c d") e', '((title=a & description=b & title=c d) & e)'],
    ['tag:(a OR b)', '(tag=a | tag=b)'],
    ['http:(x)', '(http: & x)'],
    ['constructor __proto__ toString', '(constructor & __proto__ & toString)'],
  ])('parses %s', (input, expected) => {
    expect(show(parseSearch(input))).toBe(expected);
  });

  it.each([
    '',
    '   ',
    '()',
    '"',
    '""',
    '***',
    'AND',
    'NOT',
    'OR OR',
    '(((',
    ')))',
    'NOT NOT',
    '!!! ???',
    ':',
  ])('finds no search terms in %j', (input) => {
    expect(parseSearch(input)).toBeUndefined();
  });

  it.each([
    ['a AND', 'a'],
    ['OR a', 'a'],
    ['(a', 'a'],
    ['a) b', '(a & b)'],
    ['"unclosed phrase', 'unclosed phrase'],
    ['a AND OR b', '(a | b)'],
  ])('tolerates %s', (input, expected) => {
    expect(show(parseSearch(input))).toBe(expected);
  });

  it('limits the number of terms', () => {
    const tree = parseSearch(Array.from({ length: 1000 }, (_, i) => `w${i}`).join(' '));
    expect(tree?.kind === 'and' && tree.nodes.length).toBe(32);
  });
});

describe('searchCondition', () => {
  it('passes each text as a parameter, without quotes', () => {
    const values: unknown[] = [];
    const node = parseSearch(`o'brien\\x title:auth* tag:a'b`)!;
    const sql = searchCondition(node, (value) => `$${values.push(value)}`);
    expect(values).toEqual(["'o brien x'", "'auth':*A", "a'b"]);
    expect(sql).not.toContain('brien');
  });
});
