import type { OpenAPIObject } from '@nestjs/swagger';
import type { Json } from './convert.js';
import { operationsOf } from './operations.js';

/**
 * Describes the two forms of a body that may have a file: JSON without it, and `multipart/form-data` with it, which has no URL instead. A
 * raw body has the media types that its route names. It must run before the errors and examples are added.
 */
export function describeFiles(document: OpenAPIObject): void {
  for (const { operation } of operationsOf(document)) {
    const raw = operation['x-raw-body'];
    if (raw !== undefined) {
      delete operation['x-raw-body'];
      // a message to a trigger may be empty
      operation.requestBody = { required: operation['x-access'] !== undefined, content: raw };
    }
    if (!operation['x-takes-file']) continue;
    delete operation['x-takes-file'];
    const content = operation.requestBody!.content;
    const { $ref } = content['application/json']!.schema as { $ref: string };
    const schema = document.components!.schemas![$ref.split('/').at(-1)!] as unknown as Json & {
      properties: Json;
      required: string[];
    };
    const { file, ...others } = schema.properties;
    const { url: _url, ...fields } = others;
    const required = [...schema.required];
    schema.properties = others;
    schema.required = [...required, 'url'];
    content['multipart/form-data'] = {
      schema: { type: 'object', properties: { ...fields, file }, required: [...required, 'file'] },
    };
  }
}
