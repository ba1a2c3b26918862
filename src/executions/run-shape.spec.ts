import { expect, test } from 'vitest';
import { z } from 'zod';
import { runShape } from './run-shape.js';

const body = z.object({ environment: runShape.environment.optional() });
const variables = (count: number, name: (at: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), 'a value']));

test('an environment with too many variables is refused without a check of each variable', () => {
  const { error } = body.safeParse({ environment: variables(20_000, (at) => `-${at}`) });
  expect(error?.issues).toMatchObject([
    { path: ['environment'], message: 'must not have more than 200 variables' },
  ]);
});

test('each invalid variable is reported by name', () => {
  const { error } = body.safeParse({ environment: { GOOD: 'a', '1ST': 'b', BAD: 3 } });
  expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(['environment.1ST', 'environment.BAD']);
});

test('200 variables are accepted, and so is no environment', () => {
  const environment = variables(200, (at) => `NAME_${at}`);
  expect(body.parse({ environment })).toEqual({ environment });
  expect(body.parse({})).toEqual({});
});
