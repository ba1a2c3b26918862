import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

export type Json = Record<string, unknown>;

type Direction = 'input' | 'output';

/** Removes keywords that do not help readers, such as a pattern of 200 characters that repeats the format. */
function simplify(schema: Json, direction: Direction): void {
  // Zod writes the bounds of safe integers even where the schema has none.
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (schema['format'] === 'uuid' || schema['format'] === 'email') delete schema['pattern'];
  // Times in responses are in UTC; those in requests may have an offset.
  if (schema['format'] === 'date-time') {
    if (direction === 'output') schema['pattern'] = 'Z$';
    else delete schema['pattern'];
  }
  // Responses may gain fields, which must not break clients that validate them against this document.
  if (direction === 'output' && schema['additionalProperties'] === false)
    delete schema['additionalProperties'];
}

/** Converts a Zod schema to JSON Schema 2020-12, which OpenAPI 3.1 uses; schemas with an id become components. */
export function convert(schema: unknown, { schemaType }: { schemaType: Direction }) {
  const {
    $schema: _,
    $defs = {},
    ...converted
  } = z.toJSONSchema(schema as z.ZodType, {
    io: schemaType,
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override: ({ jsonSchema, zodSchema }) => {
      // Zod removes the examples of transformed schemas, since they might be of the result: ours are of the input.
      const { examples } = z.globalRegistry.get(zodSchema) ?? {};
      if (schemaType === 'input' && examples) jsonSchema.examples = examples as never;
      simplify(jsonSchema as Json, schemaType);
    },
  });
  return { schema: converted, components: $defs };
}

/** Adds a schema with an id, and those that it uses, to the components of the document. @returns a reference to it */
export function addComponent(document: OpenAPIObject, schema: z.ZodType): { $ref: string } {
  const text = JSON.stringify(convert(schema, { schemaType: 'output' }));
  const { schema: reference, components } = JSON.parse(
    text.replaceAll('#/$defs/', '#/components/schemas/'),
  ) as { schema: { $ref: string }; components: Json };
  addComponents(document, 'schemas', components);
  return reference;
}

/** Adds parts of one kind to the components of the document. */
export function addComponents(
  document: OpenAPIObject,
  kind: 'schemas' | 'responses' | 'examples' | 'headers' | 'parameters',
  parts: Json,
): void {
  document.components = { ...document.components, [kind]: { ...document.components?.[kind], ...parts } };
}

/** Replaces `example`, which Nest writes and OpenAPI 3.1 deprecates, by the list `examples` in a schema and its parts. */
export function listExamples(schema: Json): void {
  if (schema['example'] !== undefined) schema['examples'] = [schema['example']];
  delete schema['example'];
  const parts = ['properties', 'items', 'additionalProperties', 'anyOf', 'oneOf', 'allOf'].map(
    (key) => schema[key],
  );
  const [properties, ...others] = parts;
  for (const part of [...Object.values(properties ?? {}), ...others.flat()] as unknown[])
    if (typeof part === 'object' && part !== null) listExamples(part as Json);
}
