import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';

export type Json = Record<string, unknown>;

type Direction = 'input' | 'output';

/** Leaves out what a reader gains nothing from, such as a pattern of 200 characters beside the format it spells out. */
function simplify(schema: Json, direction: Direction): void {
  // Zod writes the bounds of an integer even where none was asked for
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (schema['format'] === 'uuid' || schema['format'] === 'email') delete schema['pattern'];
  // what is answered is in UTC; what is sent may have an offset
  if (schema['format'] === 'date-time') {
    if (direction === 'output') schema['pattern'] = 'Z$';
    else delete schema['pattern'];
  }
  // an answer may gain fields, and whoever checks it against this document shall not break then
  if (direction === 'output' && schema['additionalProperties'] === false)
    delete schema['additionalProperties'];
}

/** A Zod schema as JSON Schema 2020-12, which OpenAPI 3.1 speaks; schemas with an id become components. */
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
      // Zod takes them away from what it transforms, as they might be meant for the result: ours are what is sent
      const { examples } = z.globalRegistry.get(zodSchema) ?? {};
      if (schemaType === 'input' && examples) jsonSchema.examples = examples as never;
      simplify(jsonSchema as Json, schemaType);
    },
  });
  return { schema: converted, components: $defs };
}

/** Puts a schema that has an id, and those it uses, among the components of the document. @returns a reference to it */
export function addComponent(document: OpenAPIObject, schema: z.ZodType): { $ref: string } {
  const text = JSON.stringify(convert(schema, { schemaType: 'output' }));
  const { schema: reference, components } = JSON.parse(
    text.replaceAll('#/$defs/', '#/components/schemas/'),
  ) as { schema: { $ref: string }; components: Json };
  addComponents(document, 'schemas', components);
  return reference;
}

/** Puts parts of one kind among the components of the document. */
export function addComponents(
  document: OpenAPIObject,
  kind: 'schemas' | 'responses' | 'examples' | 'headers' | 'parameters',
  parts: Json,
): void {
  document.components = { ...document.components, [kind]: { ...document.components?.[kind], ...parts } };
}

/** Schemas of OpenAPI 3.1 have a list of examples; the single one that Nest writes is of an older version. */
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
