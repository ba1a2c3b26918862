import type { OpenAPIObject } from '@nestjs/swagger';
import { listExamples, type Json } from './convert.js';
import { operationsOf } from './operations.js';

const id = '01a2024a-912d-72cf-a321-99955c0b2f5f';
const byFormat: Record<string, string> = {
  uuid: id,
  'date-time': '2026-07-30T12:00:00.000Z',
  email: 'john@example.com',
  uri: 'https://example.com/',
};
export const exampleMeta = { timestamp: byFormat['date-time'], request_id: id, version: '1.0.0' };

/** A value that a schema of the document allows: its own example if it has one, else the simplest value. */
export function sample(document: OpenAPIObject, schema: Json, name = 'text'): unknown {
  if (typeof schema['$ref'] === 'string') {
    const component = schema['$ref'].split('/').at(-1) ?? '';
    return sample(document, (document.components?.schemas?.[component] ?? {}) as Json, name);
  }
  const given = (schema['examples'] as unknown[] | undefined)?.[0] ?? schema['const'];
  if (given !== undefined) return given;
  const [first] = (schema['enum'] ?? []) as unknown[];
  if (first !== undefined) return first;
  const choices = (schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf']) as Json[] | undefined;
  if (choices) return sample(document, choices.find(({ type }) => type !== 'null') ?? {}, name);
  return plain(document, schema, name);
}

function plain(document: OpenAPIObject, schema: Json, name: string): unknown {
  switch (schema['type']) {
    case 'object':
      return Object.fromEntries(
        Object.entries((schema['properties'] ?? {}) as Record<string, Json>).map(([key, child]) => [
          key,
          sample(document, child, key),
        ]),
      );
    case 'array':
      return [sample(document, (schema['items'] ?? {}) as Json, name)];
    case 'string':
      return byFormat[String(schema['format'])] ?? name;
    case 'integer':
    case 'number':
      return Number(schema['minimum'] ?? 1);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** Adds an example to every successful response and every request body that has none yet. Errors have their own. */
export function addExamples(document: OpenAPIObject): void {
  for (const schema of Object.values(document.components?.schemas ?? {})) listExamples(schema as Json);
  for (const { operation } of operationsOf(document)) {
    for (const { schema } of operation.parameters ?? []) if (schema) listExamples(schema as Json);
    for (const response of Object.values(operation.responses)) {
      const json = jsonOf(response);
      // a file has an example of its own, without the envelope
      if (!json?.['schema'] || 'example' in json) continue;
      const value = sample(document, json['schema'] as Json) as Json;
      json['example'] = { ...value, error: null, meta: exampleMeta };
    }
    const body = operation.requestBody?.content['application/json'];
    if (body?.schema) body.example ??= sample(document, body.schema);
  }
}

function jsonOf(part: Json | undefined): Json | undefined {
  return (part?.['content'] as Record<string, Json> | undefined)?.['application/json'];
}
