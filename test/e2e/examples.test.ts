import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { root } from '../support/build.js';
import type { Json } from './steps.js';

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
describe('the examples of the API documentation', () => {
  const examples = modules
    .flatMap((module) => Object.values(module))
    .filter(isSchema)
    .flatMap((schema) => {
      const meta = schema.meta();
      return ((meta?.examples ?? []) as unknown[]).map((example) => ({
        name: String(meta?.id),
        schema,
        example,
      }));
    });

  test('are there for the bodies that requests take', () => {
    expect(examples.length).toBeGreaterThan(25);
  });

  test.each(examples)('are accepted by $name', ({ schema, example }) => {
    expect(schema.safeParse(example).error?.issues ?? []).toEqual([]);
  });

  test('are there for every answer, and the schemas allow them', async () => {
    const document = JSON.parse(await readFile(join(root, 'openapi/openapi.json'), 'utf8')) as Json;
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(document, 'document');
    let answers = 0;
    for (const [path, operations] of Object.entries<Json>(document.paths)) {
      for (const [method, { responses }] of Object.entries<Json>(operations)) {
        for (const [status, { content }] of Object.entries<Json>(responses)) {
          const json = content?.['application/json'];
          if (!json) continue;
          const pointer = [
            'paths',
            path,
            method,
            'responses',
            status,
            'content',
            'application/json',
            'schema',
          ]
            .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
            .join('/');
          const validate = ajv.compile({ $ref: `document#/${pointer}` });
          validate(json.example);
          expect({ path, method, status, errors: validate.errors }).toEqual({
            path,
            method,
            status,
            errors: null,
          });
          answers += 1;
        }
      }
    }
    expect(answers).toBeGreaterThan(300);
  });
});
