// The operations of the document as methods of the SDK: what each takes and gives.
import { byName, camel, camelOfKebab, pascal } from './names.mjs';
import { camelShape, freeFields, resolve } from './shapes.mjs';

const methods = ['get', 'put', 'post', 'delete', 'patch'];
const json = 'application/json';
/** What any route can answer is told once, in the README. */
const usual =
  /^(MALFORMED_REQUEST|RATE_LIMIT_EXCEEDED|INTERNAL_ERROR|DATABASE_ERROR|SYSTEM_OVERLOADED|SYSTEM_MAINTENANCE|PAYLOAD_TOO_LARGE|UNSUPPORTED_MEDIA_TYPE|VALIDATION_.*|AUTH_(TOKEN_.*|ACCOUNT_DISABLED|INSUFFICIENT_PERMISSIONS))$/;

/**
 * Reads the document.
 * @returns the operations by resource (`tasks`, `personalAccessTokens` …), and the shapes they need by name
 */
export function readOperations(document) {
  const reader = new Reader(document);
  const resources = new Map();
  for (const [path, item] of Object.entries(document.paths)) {
    if (!path.startsWith('/api/')) continue;
    for (const method of methods) {
      if (!item[method]) continue;
      const operation = reader.read(path, method, item[method], item.parameters ?? []);
      const { resource } = operation;
      resources.set(resource, [...(resources.get(resource) ?? []), operation]);
    }
  }
  return { resources, shapes: reader.shapes };
}

class Reader {
  constructor(document) {
    this.document = document;
    this.shapes = {};
    const sent = this.sentShapes();
    for (const [name, schema] of Object.entries(document.components.schemas))
      this.shapes[name] = camelShape(schema, sent.has(name));
  }

  read(path, method, operation, shared) {
    const resource = camelOfKebab(path.split('/')[2]);
    const [group, name] = operation.operationId.split('_');
    if (group !== resource || !name)
      throw new Error(`${path}: ${operation.operationId} is not named ${resource}_…`);
    const parameters = [...shared, ...(operation.parameters ?? [])].map((one) => resolve(this.document, one));
    const typeName = pascal(resource) + pascal(name);
    const inPath = parameters.filter((one) => one.in === 'path').map((one) => one.name);
    // a path may name what the query could name as well
    const inQuery = parameters.filter((one) => one.in === 'query' && !inPath.includes(one.name));
    const answer = this.answerOf(typeName, operation);
    const body = this.bodyOf(typeName, operation, method);
    return {
      resource,
      name,
      method: method.toUpperCase(),
      path: path.replace(/^\/api/, '').replace(/\/$/, ''),
      inPath: inPath.map(camel),
      query: this.queryType(typeName, inQuery),
      itemsField: inQuery.some((one) => one.name === 'cursor') ? this.itemsField(answer.schema) : undefined,
      isPublic: isPublic(operation.security ?? this.document.security ?? []),
      body,
      answer,
      keep: keepOf(typeName, body, answer),
      summary: operation.summary,
      description: operation.description ?? '',
      errors: this.errorsOf(operation),
    };
  }

  bodyOf(typeName, operation, method) {
    const request = resolve(this.document, operation.requestBody);
    // a file in one of several forms is sent as it is; the parts of a form are written by hand
    const media = Object.keys(request?.content ?? {}).filter((type) => type !== 'multipart/form-data');
    if (media.length > 1) return { type: 'FileBody', isRequired: true, isFile: true, free: [] };
    const schema = request?.content?.[json]?.schema;
    if (!schema) return undefined;
    const shape = resolve(this.document, schema);
    const alternatives = shape.oneOf ?? shape.anyOf ?? [shape];
    const isRequired =
      method !== 'post' ||
      alternatives.every((one) => (resolve(this.document, one).required ?? []).length > 0);
    return {
      type: this.typeOf(`${typeName}Body`, schema, true),
      isRequired,
      free: freeFields(this.document, schema),
    };
  }

  answerOf(typeName, operation) {
    const answers = Object.entries(operation.responses)
      .filter(([status]) => status.startsWith('2'))
      .map(([, response]) => resolve(this.document, response).content);
    if (answers.every((content) => !content)) return { type: 'void', free: [] };
    if (answers.some((content) => content && (!content[json] || Object.keys(content).length > 1)))
      return { type: 'Response', free: [], isRaw: true };
    const schemas = answers
      .filter(Boolean)
      .map((content) => dataOf(resolve(this.document, content[json].schema)));
    const different = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
    const schema = different.length === 1 ? different[0] : { anyOf: different };
    return {
      type: this.typeOf(`${typeName}Result`, schema),
      mayBeEmpty: answers.some((content) => !content),
      schema,
      free: freeFields(this.document, schema),
    };
  }

  /** The name of a component, or of a shape that is made here. */
  typeOf(name, schema, sent = false) {
    const component = /^#\/components\/schemas\/(\w+)$/.exec(schema.$ref ?? '')?.[1];
    if (component) return component;
    this.shapes[name] = camelShape(schema, sent);
    return name;
  }

  queryType(typeName, parameters) {
    if (parameters.length === 0) return undefined;
    const properties = Object.fromEntries(parameters.map((one) => [one.name, this.queryShape(one)]));
    const required = parameters.filter((one) => one.required).map((one) => one.name);
    const type = `${typeName}Query`;
    this.shapes[type] = camelShape({ type: 'object', properties, required }, true);
    return { type, isRequired: required.length > 0 };
  }

  /** A list that travels as text with commas may be given as an array. */
  queryShape({ schema, description }) {
    const { ...shape } = { description, ...resolve(this.document, schema) };
    if (shape.type !== 'string' || !/comma/i.test(shape.description ?? '')) return shape;
    return {
      description: shape.description,
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    };
  }

  /** The field of a page with its items: the one list beside `next_cursor`. */
  itemsField(schema) {
    const { properties } = resolve(this.document, schema);
    const lists = Object.keys(properties).filter(
      (name) => resolve(this.document, properties[name]).type === 'array',
    );
    if (!properties.next_cursor || lists.length !== 1)
      throw new Error('A list has next_cursor and one array');
    return camel(lists[0]);
  }

  errorsOf(operation) {
    const codes = Object.entries(operation.responses)
      .filter(([status]) => /^[45]/.test(status))
      .flatMap(
        ([, response]) =>
          (resolve(this.document, response).description ?? '').match(/\b[A-Z]+(_[A-Z]+)+\b/g) ?? [],
      );
    return [...new Set(codes)].filter((code) => !usual.test(code));
  }

  /** Components that requests are made of. */
  sentShapes() {
    const sent = new Set();
    const visit = (value) => {
      if (typeof value !== 'object' || value === null) return;
      const name = /^#\/components\/schemas\/(\w+)$/.exec(value.$ref ?? '')?.[1];
      if (name && !sent.has(name)) {
        sent.add(name);
        visit(this.document.components.schemas[name]);
      }
      for (const part of Object.values(value)) visit(part);
    };
    for (const item of Object.values(this.document.paths))
      for (const method of methods) visit(item[method]?.requestBody);
    return sent;
  }
}

/** Whether one of the ways to be let in asks for nothing. */
const isPublic = (security) => security.length === 0 || security.some((way) => Object.keys(way).length === 0);

/** What is in the envelope. */
function dataOf(envelope) {
  return envelope.properties?.data ?? envelope;
}

function keepOf(typeName, body, answer) {
  const all = new Set([...(body?.free ?? []), ...answer.free]);
  const whole = [body?.free ?? [], answer.free].map((free) => free[0] === '*');
  all.delete('*');
  return { names: [...all].toSorted(byName), body: whole[0], answer: whole[1] };
}
