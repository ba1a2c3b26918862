import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { root } from '../support/build.js';
import { mode } from '../support/mode.js';

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.schema.ts'),
);
const modules = await Promise.all(
  files.map(
    async (path) => (await import(pathToFileURL(join(root, 'src', path)).href)) as Record<string, unknown>,
  ),
);

function isSchema(value: unknown): value is z.ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value && 'safeParse' in value;
}

// it reads the schemas and starts nothing
describe.skipIf(mode !== 'single')('the examples of the API documentation', () => {
  const examples = modules
    .flatMap((module) => Object.values(module))
    .filter(isSchema)
    .flatMap((schema) => {
      const meta = schema.meta();
      return ((meta?.examples ?? []) as unknown[]).map((example) => ({ name: String(meta?.id), schema, example }));
    });

  test('are there for the bodies that requests take', () => {
    expect(examples.length).toBeGreaterThan(25);
  });

  test.each(examples)('are accepted by $name', ({ schema, example }) => {
    expect(schema.safeParse(example).error?.issues ?? []).toEqual([]);
  });
});
