import type { ArgumentMetadata } from '@nestjs/common';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { maxValues } from '../common/body-limits.js';
import type { AppError } from '../common/errors.js';
import { listOf } from '../common/fields.js';
import { parse, ValidationPipe } from './validation.js';

test('a value with too many elements is refused without a check of each element', async () => {
  let reads = 0;
  const list = new Proxy(Array.from({ length: 10 * maxValues }, Number), {
    get(target, key) {
      reads += 1;
      return Reflect.get(target, key) as unknown;
    },
  });
  const metadata = { type: 'body', schema: z.array(z.number()) } as unknown as ArgumentMetadata;
  await expect(new ValidationPipe().transform(list, metadata)).rejects.toMatchObject({
    details: { issue: `More than ${maxValues} values` },
  });
  expect(reads).toBeLessThan(3 * maxValues);
});

test('fields that the schema does not define are removed, whatever their names', async () => {
  const body: unknown = JSON.parse('{"name":"x","constructor":{"prototype":{"y":1}}}');
  const metadata = { type: 'body', schema: z.object({ name: z.string() }) } as unknown as ArgumentMetadata;
  const parsed = await new ValidationPipe().transform(body, metadata);
  expect(Object.getOwnPropertyNames(parsed)).toEqual(['name']);
});

test('a list that is too long is refused for its length alone', () => {
  const schema = z.object({ ids: listOf(z.uuid(), { least: 1, most: 3 }) });
  const errorsOf = (ids: unknown[]) => {
    try {
      return parse(schema, { ids });
    } catch (error) {
      return ((error as AppError).details['errors'] as { field: string; code: string }[]).map(
        ({ field, code }) => `${field} ${code}`,
      );
    }
  };
  expect(errorsOf(Array.from({ length: 50_000 }, () => 1))).toEqual(['ids VALIDATION_VALUE_TOO_LONG']);
  expect(errorsOf([])).toEqual(['ids VALIDATION_VALUE_TOO_SHORT']);
  expect(errorsOf([1])).toEqual(['ids.0 VALIDATION_INVALID_FORMAT']);
});
