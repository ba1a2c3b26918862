import { expect, test } from 'vitest';
import { artifactPatterns, compilePattern } from './artifact-patterns.js';

const matches = (pattern: string, path: string) => new RegExp(compilePattern(pattern).source).test(path);

test.each([
  ['dist', 'dist/a/b.js', 'dist'],
  ['dist/', 'dist/a.js', 'dist'],
  ['./dist/*.js', 'dist/a.js', 'dist'],
  ['report.html', 'report.html', 'report.html'],
  ['**', 'a/.hidden/b', ''],
  ['**/*.xml', 'deep/er/a.xml', ''],
  ['logs/*', 'logs/deep/a', 'logs'],
  ['logs/{a,b}?.txt', 'logs/b1.txt', 'logs'],
  ['out/[0-9]*', 'out/7 x', 'out'],
  ['Bericht (1)+.pdf', 'Bericht (1)+.pdf', 'Bericht (1)+.pdf'],
  ['ä?.txt', 'äö.txt', ''],
  ['!a', '!a', '!a'],
  ['a@(b|c)', 'a@(b|c)', 'a@(b|c)'],
])('%s finds %s', (pattern, path, base) => {
  expect(compilePattern(pattern).base).toBe(base);
  expect(matches(pattern, path)).toBe(true);
});

test.each([
  ['dist', 'distant/a'],
  ['*.js', 'a/b.js'],
  ['dist/*.js', 'other/dist/a.js'],
  ['a.b', 'axb'],
  ['(a+)+', 'aaa'],
])('%s does not find %s', (pattern, path) => {
  expect(matches(pattern, path)).toBe(false);
});

test('no pattern repeats a group, which would take exponential time', () => {
  for (const pattern of ['(a*)*b', '+(a|aa)', '@(a|b)*', '((a+)+)+$', '!(a)', '{a*,(b*)*}c'])
    expect(compilePattern(pattern).source).not.toMatch(/[^\\]\((?!\?)[^()]*[^\\]\)[*+]/);
});

test.each([['/etc/passwd'], ['../x'], ['a/../../x'], [''], ['a\0'], ['a\nb'], ['x'.repeat(257)]])(
  '%j is refused',
  (pattern) => {
    expect(artifactPatterns.safeParse([pattern]).success).toBe(false);
  },
);

test('patterns are bounded in number, and named once', () => {
  expect(artifactPatterns.safeParse(Array.from({ length: 51 }, (_, n) => `${n}`)).success).toBe(false);
  expect(artifactPatterns.parse(['a', 'b', 'a'])).toEqual(['a', 'b']);
});
