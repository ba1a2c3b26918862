// The shapes of the document as the SDK shows them: the same JSON Schemas with camelCase names, and what is free-form left alone.
import { byName, camel, snake } from './names.mjs';

const combiners = ['anyOf', 'oneOf', 'allOf'];

/** Follows a reference of the document. */
export function resolve(document, value) {
  if (typeof value?.$ref !== 'string') return value;
  const target = value.$ref
    .slice(2)
    .split('/')
    .reduce((at, key) => at?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  if (target === undefined) throw new Error(`${value.$ref} leads nowhere`);
  return resolve(document, target);
}

/** Whether the names within belong to users: an object that takes any name, or a value of any kind. */
export function isFreeForm(schema) {
  if (typeof schema !== 'object' || schema === null) return schema === true;
  if (schema.$ref !== undefined || schema.enum !== undefined || 'const' in schema) return false;
  if (combiners.some((key) => schema[key])) {
    return combiners.some((key) => schema[key]?.some((part) => part.type === 'object' && isFreeForm(part)));
  }
  if (schema.type === undefined) return schema.properties === undefined;
  const { additionalProperties } = schema;
  return schema.type === 'object' && additionalProperties !== undefined && additionalProperties !== false;
}

/** The same schema with camelCase names. @param sent true for what clients send: its names must find their way back */
export function camelShape(schema, sent = false) {
  if (typeof schema !== 'object' || schema === null || isFreeForm(schema)) return schema;
  const shape = { ...schema };
  // written in the names of the wire
  delete shape.example;
  delete shape.examples;
  // only says what names look like
  delete shape.propertyNames;
  if (schema.properties) {
    shape.properties = {};
    for (const [name, property] of Object.entries(schema.properties)) {
      if (sent && snake(camel(name)) !== name)
        throw new Error(`"${name}" cannot be sent: it has no way back from ${camel(name)}`);
      shape.properties[camel(name)] = camelShape(property, sent);
    }
    if (schema.required) shape.required = schema.required.map(camel);
  }
  if (schema.items) shape.items = camelShape(schema.items, sent);
  for (const key of combiners)
    if (schema[key]) shape[key] = schema[key].map((part) => camelShape(part, sent));
  if (schema.discriminator)
    shape.discriminator = { ...schema.discriminator, propertyName: camel(schema.discriminator.propertyName) };
  return shape;
}

/**
 * The fields, at any depth, whose content must be left as it is.
 * @returns names of the wire, in order; `*` when all of the value is free-form
 * @throws Error when one name is free-form in one place and not in another: the SDK tells them apart by name
 */
export function freeFields(document, schema) {
  const free = new Set();
  const freeInUnion = new Set();
  const structured = new Set();
  const seen = new Set();
  const visit = (given, name, inUnion = false) => {
    const shape = resolve(document, given);
    if (isFreeForm(shape)) {
      free.add(name);
      if (inUnion) freeInUnion.add(name);
      return;
    }
    if (typeof shape !== 'object' || shape === null) return;
    if (seen.has(shape)) return;
    seen.add(shape);
    if (shape.properties && name !== undefined) structured.add(name);
    for (const [key, property] of Object.entries(shape.properties ?? {})) visit(property, key, inUnion);
    for (const key of combiners) for (const part of shape[key] ?? []) visit(part, name, true);
    if (shape.items) visit(shape.items, name, inUnion);
  };
  visit(schema, undefined);
  if (free.has(undefined)) return ['*'];
  for (const name of free) {
    if (!structured.has(name)) continue;
    // of alternatives one may take anything because it looks at nothing
    if (freeInUnion.has(name)) free.delete(name);
    else throw new Error(`"${name}" is free-form in one place of a shape and not in another`);
  }
  return [...free].toSorted(byName);
}
