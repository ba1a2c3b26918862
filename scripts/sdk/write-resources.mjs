// Writes one class for each resource of the document.
import { byName, pascal } from './names.mjs';

export const heading = `// Generated from openapi/openapi.json by \`npm run sdk:write\`. Do not edit.\n`;

/** @returns the source of `resources/NAME.ts` */
export function writeResource(name, operations, summary) {
  const types = new Set();
  const methods = operations.map((operation) => writeMethod(operation, types));
  const isFile = operations.some(({ body }) => body?.isFile);
  const isListing = operations.some((operation) => operation.itemsField);
  return `${heading}import type { Api } from '../../http/api.js';
${isFile ? "import type { FileBody } from '../../http/file-body.js';\n" : ''}${isListing ? "import type { Listing } from '../../http/listing.js';\n" : ''}import type { RequestOptions } from '../../http/request-options.js';
import type { ${[...types].toSorted(byName).join(', ')} } from '../types.js';

/** ${summary || `The routes below \`/api/${name}\``} */
export class ${pascal(name)}Resource {
  constructor(protected readonly api: Api) {}

${methods.join('\n\n')}
}
`;
}

function writeMethod(operation, types) {
  const { name, method, path, inPath, query, body, answer, itemsField, isPublic, keep } = operation;
  const use = (type) => (types.add(type), type);
  const optional = (part) => (part.isRequired ? '' : '?');
  const parameters = [
    ...inPath.map((one) => `${one}: string`),
    ...(body ? [body.isFile ? 'file: FileBody' : `body${optional(body)}: ${use(body.type)}`] : []),
    ...(query ? [`query${optional(query)}: ${use(query.type)}`] : []),
    'options?: RequestOptions',
  ];
  if (!['void', 'Response'].includes(answer.type)) use(answer.type);
  const target = path.replaceAll(/\{(\w+)\}/g, (_, parameter) => {
    const given = inPath.find((one) => one.toLowerCase() === parameter.replaceAll('_', '').toLowerCase());
    return `{${given}}`;
  });
  const request = [
    `method: '${method}'`,
    `path: '${target}'`,
    ...(inPath.length > 0 ? [`parameters: { ${inPath.join(', ')} }`] : []),
    ...(body ? [body.isFile ? 'file' : 'body'] : []),
    ...(query ? ['query'] : []),
    ...(keep.names.length > 0 ? [`keep: ${JSON.stringify(keep.names)}`] : []),
    ...(keep.body ? ['keepBody: true'] : []),
    ...(keep.answer ? ['keepAnswer: true'] : []),
    ...(isPublic ? ['isPublic: true'] : []),
    'options',
  ];
  const verb = answer.isRaw ? 'raw' : itemsField ? 'list' : 'call';
  const type = answer.mayBeEmpty ? `${answer.type} | undefined` : answer.type;
  const gives = itemsField ? `Listing<${answer.type}, '${itemsField}'>` : `Promise<${type}>`;
  const field = itemsField ? `, '${itemsField}'` : '';
  return `${writeComment(operation)}
  ${name}(${parameters.join(', ')}): ${gives} {
    return this.api.${verb}({ ${request.join(', ')} }${field});
  }`;
}

function writeComment({ summary, description, errors, answer, itemsField }) {
  const lines = [
    `${summary}.`.replace(/\.\.$/, '.'),
    ...(description ? [description] : []),
    ...(answer.isRaw
      ? ['The answer is given as it comes: read its `body`, or all of it with `text()`.']
      : []),
    ...(itemsField ? ['Awaited it is one page; `for await` goes through all items of all pages.'] : []),
    ...(errors.length > 0 ? [`@throws {ApiError} ${errors.join(', ')}`] : []),
  ];
  const text = lines.map((line) => line.replaceAll('*/', '*\\/').replaceAll(/\s+/g, ' ').trim());
  return `  /**\n${text.map((line) => `   * ${line}`).join('\n')}\n   */`;
}
