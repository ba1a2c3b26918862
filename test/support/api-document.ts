import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { root } from './build.js';
import type { Json } from './json.js';

export interface Route {
  method: string;
  /** The path as in the document, such as `/api/tasks/{task_id}`. */
  path: string;
  operation: Json;
}

/** The OpenAPI document `openapi/openapi.json` with lookups and validation. */
export class ApiDocument {
  readonly document: Json;
  readonly routes: Route[];
  private readonly ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    // the document itself is checked by `npm run openapi:lint`
    validateSchema: false,
    // each test file compiles a few schemas and uses them a few times: fast compilation matters more than fast code
    inlineRefs: false,
    code: { optimize: false },
  });
  private readonly validators = new Map<string, ValidateFunction>();
  private readonly patterns: { route: Route; pattern: RegExp }[];

  /** @param closed whether objects must not have fields that the document does not list */
  constructor(closed: boolean) {
    this.document = JSON.parse(readFileSync(join(root, 'openapi/openapi.json'), 'utf8'));
    this.routes = Object.entries<Json>(this.document.paths).flatMap(([path, item]) =>
      Object.entries<Json>(item).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );
    this.patterns = this.routes
      // literal segments precede parameters: /api/tasks/bulk before /api/tasks/{task_id}
      .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)
      .map((route) => ({ route, pattern: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`) }));
    formats.default(this.ajv);
    if (closed) {
      for (const schema of Object.values(this.document.components.schemas)) close(schema);
      for (const { operation } of this.routes)
        for (const response of Object.values<Json>(operation.responses))
          close(response.content?.['application/json']?.schema);
    }
    this.ajv.addSchema({ $id: 'api', ...this.document });
  }

  routeOf(method: string, pathname: string): Route | undefined {
    const known = method === 'HEAD' ? 'GET' : method;
    return this.patterns.find(({ route, pattern }) => route.method === known && pattern.test(pathname))
      ?.route;
  }

  /** Resolves a `$ref` to a component. */
  resolve(part: Json): Json {
    if (typeof part?.$ref !== 'string') return part;
    const found = part.$ref
      .slice(2)
      .split('/')
      .reduce((at: Json, key: string) => at?.[key], this.document);
    if (found === undefined) throw new Error(`The document has no ${part.$ref}`);
    return this.resolve(found);
  }

  /** Validates a value. @returns the errors as text, or undefined */
  faultsOf(schema: Json, value: unknown): string | undefined {
    const key = JSON.stringify(schema);
    const text = key.replaceAll('"#/components/', '"api#/components/');
    const validate = this.validators.get(key) ?? this.ajv.compile(JSON.parse(text));
    this.validators.set(key, validate);
    return validate(value) ? undefined : this.ajv.errorsText(validate.errors, { dataVar: '' });
  }
}

/** Makes a schema refuse unknown fields. The parts of an `allOf` are closed together. */
function close(schema: Json, whole = true): void {
  if (typeof schema !== 'object' || schema === null) return;
  const open = schema.additionalProperties !== undefined;
  if (whole && !open && (schema.properties || schema.allOf)) schema.unevaluatedProperties = false;
  for (const part of Object.values(schema.properties ?? {})) close(part, whole);
  for (const part of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) close(part, whole);
  for (const part of schema.allOf ?? []) close(part, false);
  for (const part of [schema.items, schema.additionalProperties]) close(part, whole);
}
