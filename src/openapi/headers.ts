import type { OpenAPIObject } from '@nestjs/swagger';
import { addComponents, type Json } from './convert.js';
import { operationsOf, type Operation } from './operations.js';

const integer = (example: number) => ({ schema: { type: 'integer', minimum: 0 }, example });
const id = '01a2024a-912d-72cf-a321-99955c0b2f5f';

/** The headers of responses. Rate limits can be disabled, so only the id of the request is always present. */
const answered = {
  'X-Request-ID': {
    description: 'The id of the request in the server log: the one you sent, or a generated one',
    required: true,
    schema: { type: 'string', maxLength: 128 },
    example: id,
  },
  'X-RateLimit-Limit': { description: 'The number of requests allowed in the window', ...integer(200) },
  'X-RateLimit-Remaining': { description: 'The number of requests left in the window', ...integer(195) },
  'X-RateLimit-Reset': { description: 'The end of the window in Unix seconds', ...integer(1_785_412_860) },
  'X-RateLimit-Window': { description: 'The length of the window in seconds', ...integer(60) },
  'Retry-After': { description: 'Seconds to wait before the next attempt', ...integer(30) },
  'WWW-Authenticate': {
    description: 'The authentication scheme (RFC 9110, 11.6.1)',
    required: true,
    schema: { type: 'string', const: 'Bearer' },
    example: 'Bearer',
  },
  'Idempotency-Replayed': {
    description: 'Present when this is the stored response to the first request with the `Idempotency-Key`',
    schema: { type: 'string', const: 'true' },
    example: 'true',
  },
  'Accept-Ranges': {
    description: 'Whether `Range` requests are supported',
    schema: { type: 'string', const: 'bytes' },
    example: 'bytes',
  },
  'Content-Range': {
    description: 'The range in the response (RFC 9110, 14.4), or the total length',
    schema: { type: 'string', pattern: '^bytes ([0-9]+-[0-9]+/([0-9]+|\\*)|\\*/[0-9]+)$' },
    example: 'bytes 0-1023/4096',
  },
  'Content-Disposition': {
    description: 'The file name for a download; of an output, with `download=true`',
    schema: { type: 'string' },
    example: `attachment; filename="${id}.log"`,
  },
  Location: {
    description: 'The path of the created resource (RFC 9110, 10.2.2)',
    required: true,
    schema: { type: 'string', format: 'uri-reference' },
    example: `/api/tasks/${id}`,
  },
} satisfies Record<string, Json>;
type AnswerHeader = keyof typeof answered;

/** The headers of requests, by the name of the component. */
const sent = {
  RequestId: {
    name: 'X-Request-ID',
    description:
      'An id of your choice for the request: 1 to 128 letters, digits, dots, underscores and hyphens',
    schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,128}$' },
    example: 'build-1234',
  },
  SessionId: {
    name: 'X-Session-ID',
    description: 'The id of the work session to which the request belongs',
    schema: { type: 'string', format: 'uuid' },
    example: id,
  },
  IdempotencyKey: {
    name: 'Idempotency-Key',
    description:
      'Makes it safe to repeat the request: a second one with the same key gets the response to the first. 1 to 255 visible ASCII characters',
    schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
    example: '7d0a1c1e-nightly',
  },
  IfMatch: {
    name: 'If-Match',
    description: 'The `version` you have seen, in quotes; a stale one is answered with VERSION_CONFLICT',
    schema: { type: 'string', pattern: '^(\\*|(W/)?"?[0-9]{1,9}"?)$' },
    example: '"3"',
  },
  Range: {
    name: 'Range',
    description: 'A single range of bytes (RFC 9110, 14.2); other ranges are ignored',
    schema: { type: 'string' },
    example: 'bytes=0-1023',
  },
  LastEventId: {
    name: 'Last-Event-ID',
    description:
      'For server-sent events: the `id` of the last event, which is the offset to go on from; after the end, whose id is such as `4096-end`, the answer is 204',
    schema: { type: 'string', pattern: '^[0-9]{1,15}(-end)?$' },
    example: '4096',
  },
} satisfies Record<string, Json & { name: string }>;
type RequestHeader = keyof typeof sent;

function requestHeaders(method: string, operation: Operation): RequestHeader[] {
  const names: RequestHeader[] = ['RequestId'];
  if (isStream(operation)) names.push('Range', 'LastEventId');
  if (operation['x-access'] === undefined) return names;
  names.push('SessionId');
  // of a stream nothing is kept
  if (method === 'post' && !isStream(operation)) names.push('IdempotencyKey');
  // the two belong together: whoever sends a version can be told that it is stale
  if (operation['x-errors']?.includes('VERSION_CONFLICT')) names.push('IfMatch');
  return names;
}

const mediaOf = ({ responses }: Operation): Json => (responses['200']?.['content'] as Json | undefined) ?? {};
const isStream = (operation: Operation): boolean => 'text/event-stream' in mediaOf(operation);
const isDownload = (operation: Operation): boolean =>
  ['application/octet-stream', 'text/csv'].some((type) => type in mediaOf(operation));

/** The headers of a response of an operation, as references to components. */
export function answerHeaders(status: number, method: string, operation: Operation): Json {
  const names: AnswerHeader[] = [
    'X-Request-ID',
    'X-RateLimit-Limit',
    'X-RateLimit-Remaining',
    'X-RateLimit-Reset',
    'X-RateLimit-Window',
  ];
  if (status === 429 || status === 503 || (status === 409 && method === 'post')) names.push('Retry-After');
  if (status === 401) names.push('WWW-Authenticate');
  if (isStream(operation)) {
    if (status === 200) names.push('Accept-Ranges');
    if (status === 206 || status === 416) names.push('Content-Range');
  }
  if (status < 300 && isDownload(operation)) names.push('Content-Disposition');
  if (status < 300 && operation['x-location'] !== undefined) names.push('Location');
  if (status < 300 && method === 'post' && operation['x-access'] !== undefined && !isStream(operation))
    names.push('Idempotency-Replayed');
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

const needsToken = [{ bearer: [] }];

/** Gives every operation the headers it takes, and its answers those they carry; errors get theirs where they are made. */
export function addHeaders(document: OpenAPIObject): void {
  for (const { method, operation } of operationsOf(document)) {
    const isTokenRead = operation.parameters?.some(({ name }) => name === 'authorization');
    if (operation['x-access'] === undefined) operation.security = isTokenRead ? [...needsToken, {}] : [];
    const headers = requestHeaders(method, operation).map((name) => ({
      $ref: `#/components/parameters/${name}`,
    }));
    operation.parameters = [
      ...(operation.parameters ?? []).filter((parameter) => parameter['in'] !== 'header'),
      ...headers,
    ];
    for (const [status, response] of Object.entries(operation.responses))
      response['headers'] = answerHeaders(Number(status), method, operation);
    delete operation['x-location'];
  }
  document.security = needsToken;
  const parameters = Object.entries(sent).map(([component, header]) => [
    component,
    { in: 'header', ...header },
  ]);
  addComponents(document, 'headers', answered);
  addComponents(document, 'parameters', Object.fromEntries(parameters) as Json);
}
