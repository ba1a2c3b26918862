import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { ApiDocument } from '../support/api-document.js';
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

  test('exist for the request bodies', () => {
    expect(examples.length).toBeGreaterThan(25);
  });

  test.each(examples)('are accepted by $name', ({ schema, example }) => {
    expect(schema.safeParse(example).error?.issues ?? []).toEqual([]);
  });

  test('exist for every request and response body, and match the schemas', () => {
    const api = new ApiDocument(true);
    const faults: string[] = [];
    let judged = 0;
    const judge = (name: string, schema: Json, example: unknown) => {
      judged += 1;
      const fault = example === undefined ? 'has no example' : api.faultsOf(schema, example);
      if (fault !== undefined) faults.push(`${name}: ${fault}`);
    };
    for (const { method, path, operation } of api.routes) {
      const { operationId, requestBody, parameters } = operation;
      for (const parameter of parameters.map((one: Json) => api.resolve(one)))
        if (parameter.example !== undefined)
          judge(`${operationId} ${parameter.name}`, parameter.schema, parameter.example);
      if (requestBody) {
        const { schema, example } = requestBody.content['application/json'];
        judge(`${method} ${path}`, schema, example);
      }
      for (const [status, response] of Object.entries<Json>(operation.responses)) {
        const media = api.resolve(response).content?.['application/json'];
        if (!media) continue;
        const several = Object.values<Json>(media.examples ?? {}).map((one) => api.resolve(one).value);
        for (const example of media.examples ? several : [media.example])
          judge(`${operationId} ${status}`, media.schema, example);
      }
    }
    for (const [event, { post }] of Object.entries<Json>(api.document.webhooks)) {
      const { schema, example } = post.requestBody.content['application/json'];
      judge(event, schema, example);
    }
    expect(faults).toEqual([]);
    expect(judged).toBeGreaterThan(1000);
  });
});
