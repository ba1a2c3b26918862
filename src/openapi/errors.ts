import { STATUS_CODES } from 'node:http';
import type { OpenAPIObject } from '@nestjs/swagger';
import { errorEnvelopeSchema } from '../http/envelope.js';
import { errorTable, type ErrorCode } from '../common/errors.js';
import { addComponent, addComponents, type Json } from './convert.js';
import { exampleDetails } from './error-details.js';
import { exampleMeta } from './examples.js';
import { answerHeaders } from './headers.js';
import { operationsOf, type Operation } from './operations.js';

const everywhere: readonly ErrorCode[] = [
  'MALFORMED_REQUEST',
  'RATE_LIMIT_EXCEEDED',
  'INTERNAL_ERROR',
  'DATABASE_ERROR',
  'SYSTEM_OVERLOADED',
];
const signedIn: readonly ErrorCode[] = [
  'AUTH_TOKEN_MISSING',
  'AUTH_TOKEN_INVALID',
  'AUTH_ACCOUNT_DISABLED',
  'AUTH_INSUFFICIENT_PERMISSIONS',
];
/** The codes of validation, one for each kind of fault: every route with parameters can answer all of them. */
const validation: readonly ErrorCode[] = [
  'VALIDATION_ERROR',
  'VALIDATION_REQUIRED_FIELD',
  'VALIDATION_INVALID_FORMAT',
  'VALIDATION_VALUE_TOO_LONG',
  'VALIDATION_VALUE_TOO_SHORT',
];

/** The codes that an operation can answer: those that its route declares, and those that follow from its parameters and access. */
function codesOf(method: string, path: string, operation: Operation): Set<ErrorCode> {
  const codes = new Set<ErrorCode>([...everywhere, ...(operation['x-errors'] ?? [])]);
  const add = (some: readonly ErrorCode[]) => some.forEach((code) => codes.add(code));
  const takes = operation.parameters?.some(({ in: place }) => place === 'path' || place === 'query');
  if (takes || operation.requestBody) add(validation);
  if (operation.parameters?.some(({ name }) => name === 'page_size')) add(['ANSWER_TOO_LARGE']);
  if (method !== 'get') add(['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']);
  // The version may also be sent in If-Match.
  if (codes.has('VERSION_CONFLICT')) add(['VALIDATION_INVALID_FORMAT']);
  // Health probes are never refused.
  if (/^\/api\/health\/(live|ready)/.test(path)) codes.delete('RATE_LIMIT_EXCEEDED');
  const permission = operation['x-access'];
  if (permission === undefined) return codes;
  add(signedIn);
  if (method !== 'get' && permission !== 'admin') add(['SYSTEM_MAINTENANCE']);
  if (method === 'post') add(['IDEMPOTENCY_CONFLICT', 'VALIDATION_INVALID_FORMAT']);
  return codes;
}

/** Groups codes by status, in the order of the error table and not in that of a route's declaration, to keep the document stable. */
function byStatus(codes: Set<ErrorCode>): Map<number, ErrorCode[]> {
  const inOrder = (Object.keys(errorTable) as ErrorCode[]).filter((code) => codes.has(code));
  return grouped(inOrder, (code) => errorTable[code].status);
}

function grouped<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

/** An error response whose schema narrows the code to those of the status, for generated clients. */
function errorResponse(envelope: Json, codes: ErrorCode[], headers: Json): Json {
  const code = { type: 'string', enum: codes };
  const narrowed = { type: 'object', properties: { error: { type: 'object', properties: { code } } } };
  return {
    description: codes.map((name) => `\`${name}\`: ${errorTable[name].message}`).join('\n\n'),
    headers,
    content: {
      'application/json': {
        schema: { allOf: [envelope, narrowed] },
        examples: Object.fromEntries(codes.map((name) => [name, { $ref: `#/components/examples/${name}` }])),
      },
    },
  };
}

/** Merges an error with another response of the same status: an unhealthy report is a 503, too. */
function merged(success: Json, error: Json): Json {
  const media = (response: Json) => (response['content'] as Record<string, Json>)['application/json'] ?? {};
  const report = { summary: 'The report', value: media(success)['example'] };
  return {
    ...error,
    description: `${String(success['description'])}\n\n${String(error['description'])}`,
    content: {
      'application/json': {
        schema: { anyOf: [media(success)['schema'], media(error)['schema']] },
        examples: { report, ...(media(error)['examples'] as Json) },
      },
    },
  };
}

/**
 * Gives every operation the errors it can answer, each with an example. What most operations share of a status is a component,
 * named after the status as `NotFound`.
 */
export function addErrors(document: OpenAPIObject): void {
  const envelope = addComponent(document, errorEnvelopeSchema);
  const used = new Set<ErrorCode>();
  const found = operationsOf(document).flatMap(({ path, method, operation }) => {
    const codes = codesOf(method, path, operation);
    codes.forEach((code) => used.add(code));
    delete operation['x-errors'];
    return [...byStatus(codes)].map(([status, some]) => ({
      operation,
      status,
      response: errorResponse(envelope, some, answerHeaders(status, method, operation)),
    }));
  });
  const responses = sharedResponses(found);
  for (const { operation, status, response } of found) {
    const success = operation.responses[status];
    const name = nameOf(status);
    const isShared = JSON.stringify(responses[name]) === JSON.stringify(response);
    if (success) operation.responses[status] = merged(success, response);
    else operation.responses[status] = isShared ? { $ref: `#/components/responses/${name}` } : response;
  }
  const examples = Object.fromEntries([...used].map((code) => [code, exampleOf(code)]));
  addComponents(document, 'responses', responses);
  addComponents(document, 'examples', examples);
}

function nameOf(status: number): string {
  return (STATUS_CODES[status] ?? `Status${status}`).replaceAll(/\W/g, '');
}

/** For each status the response that more than half of the operations share, by name. */
function sharedResponses(found: { status: number; response: Json }[]): Record<string, Json> {
  const shared: Record<string, Json> = {};
  for (const [status, some] of grouped(found, (one) => one.status)) {
    const equal = [...grouped(some, ({ response }) => JSON.stringify(response)).values()];
    const [most] = equal.toSorted((a, b) => b.length - a.length);
    if (most?.[0] && most.length * 2 > some.length) shared[nameOf(status)] = most[0].response;
  }
  return shared;
}

function exampleOf(code: ErrorCode): Json {
  const { message } = errorTable[code];
  const error = { code, message, details: exampleDetails[code] ?? {} };
  return { summary: message, value: { data: null, error, meta: exampleMeta } };
}
