import type { OpenAPIObject } from '@nestjs/swagger';
import { errorTable, type ErrorCode } from '../common/errors.js';

type Json = Record<string, unknown>;

const id = '01a2024a-912d-72cf-a321-99955c0b2f5f';
const byFormat: Record<string, string> = {
  uuid: id,
  'date-time': '2026-07-30T12:00:00.000Z',
  email: 'john@example.com',
  uri: 'https://example.com/',
};
const meta = { timestamp: byFormat['date-time'], request_id: id, version: '1.0.0' };

/** A value that a schema of the document allows: its own example where it has one, else the plainest there is. */
export function sample(document: OpenAPIObject, schema: Json, name = 'text'): unknown {
  if (typeof schema['$ref'] === 'string') {
    const component = schema['$ref'].split('/').at(-1) ?? '';
    return sample(document, (document.components?.schemas?.[component] ?? {}) as Json, name);
  }
  const given = schema['example'] ?? (schema['examples'] as unknown[] | undefined)?.[0] ?? schema['const'];
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

/** Gives every answer of the document an example: data as its schema has it, and the first of its errors. */
export function addExamples(document: OpenAPIObject): void {
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path as Record<string, { responses?: Record<string, Json> }>)) {
      for (const [status, response] of Object.entries(operation.responses ?? {})) {
        const json = (response['content'] as Record<string, Json> | undefined)?.['application/json'];
        if (!json?.['schema'] || json['example'] !== undefined) continue;
        const [code] = String(response['description']).split(', ') as ErrorCode[];
        const isError = Number(status) >= 400 && code !== undefined && code in errorTable;
        json['example'] = isError
          ? { data: null, error: { code, message: errorTable[code].message, details: {} }, meta }
          : { ...(sample(document, json['schema'] as Json) as Json), error: null, meta };
      }
    }
  }
}
