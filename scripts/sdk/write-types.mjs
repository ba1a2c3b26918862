// Writes a type for each shape, with what the document says of it as comments.
import openapiTypescript, { astToString } from 'openapi-typescript';
import { heading } from './write-resources.mjs';

/** @param shapes JSON Schemas by name, in the names of the SDK */
export async function writeTypes(shapes) {
  const names = Object.keys(shapes).toSorted();
  const sorted = Object.fromEntries(names.map((name) => [name, shapes[name]]));
  const document = {
    openapi: '3.1.0',
    info: { title: 'Millrace', version: '1' },
    paths: {},
    components: { schemas: sorted },
  };
  const nodes = await openapiTypescript(document, { defaultNonNullable: false, silent: true });
  const schemas = nodes.filter((node) => node.name?.text === 'components');
  const aliases = names.map((name) => `export type ${name} = components['schemas']['${name}'];`);
  return `${heading}${astToString(schemas)}\n${aliases.join('\n')}\n`;
}
