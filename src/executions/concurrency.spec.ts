import { describe, expect, test } from 'vitest';
import { AppError } from '../common/errors.js';
import { checkGroupInputs, concurrencySchema, resolveGroup } from './concurrency.js';

const faultOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error instanceof AppError ? error.details : error;
  }
  return undefined;
};

test('a group has one place and queues unless it is said', () => {
  expect(concurrencySchema.parse({ group: ' deploy ' })).toEqual({
    group: 'deploy',
    limit: 1,
    on_conflict: 'queue',
  });
});

test.each(['{{user}}', '{{input.}}', '{{input.a b}}', 'x-{{}}', '{{projects}}', '{{input.a}}{{nope}}'])(
  'the placeholder in %s is refused',
  (group) => {
    expect(concurrencySchema.safeParse({ group }).success).toBe(false);
  },
);

describe('a resolved group', () => {
  const inputs = { STAGE: 'prod', COUNT: 3, DRY: false };

  test('has the values in the place of the placeholders', () => {
    const group = 'a-{{project}}-{{ input.STAGE }}-{{input.COUNT}}{{input.DRY}}-{{input.NONE}}';
    expect(resolveGroup(group, { project: 'SHOP', inputs })).toBe('a-SHOP-prod-3false-');
  });

  test('takes values as they are, also those that look like placeholders', () => {
    expect(resolveGroup('{{input.a}}', { project: 'SHOP', inputs: { a: '{{project}}$&' } })).toBe(
      '{{project}}$&',
    );
    expect(resolveGroup('{{input.constructor}}', { project: 'SHOP', inputs: {} })).toBe('');
  });

  test('is refused when it is too long for the index', () => {
    const long = { project: 'SHOP', inputs: { a: 'ä'.repeat(251) } };
    expect(faultOf(() => resolveGroup('{{input.a}}', long))).toMatchObject({ field: 'concurrency.group' });
  });
});

test('a group holds declared inputs only, and no secrets', () => {
  const concurrency = concurrencySchema.parse({ group: '{{project}}-{{input.STAGE}}' });
  expect(faultOf(() => checkGroupInputs(concurrency, [{ name: 'STAGE', type: 'choice' }]))).toBeUndefined();
  expect(faultOf(() => checkGroupInputs(null, []))).toBeUndefined();
  for (const inputs of [[], [{ name: 'STAGE', type: 'secret' }]])
    expect(faultOf(() => checkGroupInputs(concurrency, inputs))).toMatchObject({
      field: 'concurrency.group',
    });
});
