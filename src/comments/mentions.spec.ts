import { expect, test } from 'vitest';
import { mentionedNames, mostMentions } from './mentions.js';

test.each([
  ['@ann please look', ['ann']],
  ['Thanks, @Ann.Smith and @bob-1!', ['ann.smith', 'bob-1']],
  ['(@ann), "@bob"; @carl...', ['ann', 'bob', 'carl']],
  ['@ann @ANN @ann', ['ann']],
  ['mail ann@example.org or a/@scope/name', []],
  ['`@ann` and ```\n@bob\n``` and ``a ` @carl``, but @dora', ['dora']],
  ['@a @ab @', []],
  ['line\n@ann', ['ann']],
  ['@annä', []],
  ['no names', []],
])('%j mentions %j', (text, names) => {
  expect(mentionedNames(text)).toEqual(names);
});

test('a text mentions a limited number of people, and is read in linear time', () => {
  const many = Array.from({ length: 2 * mostMentions }, (_, index) => `@user${index}`).join(' ');
  expect(mentionedNames(many)).toHaveLength(mostMentions);
  for (const hostile of ['`'.repeat(20_000), '@'.repeat(20_000), '@a.'.repeat(6_000), '~~~'.repeat(6_000)])
    expect(mentionedNames(hostile)).toEqual([]);
});
