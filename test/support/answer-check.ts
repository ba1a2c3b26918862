import { ApiDocument, type Route } from './api-document.js';
import type { Json } from './json.js';

export interface Exchange {
  method: string;
  url: URL;
  /** The request body before serialization; text and bytes are sent unchanged. */
  sent: unknown;
  status: number;
  headers: Headers;
  /** The parsed JSON or the text of the response; undefined when it was not read. */
  body?: Json;
}

/** The headers of HTTP and for proxies and browsers, which all routes send and the document does not list. */
const transportHeaders =
  /^(date|connection|keep-alive|content-length|content-type|content-encoding|transfer-encoding|vary|cache-control|x-accel-buffering|access-control-.*|content-security-policy|cross-origin-.*|origin-agent-cluster|referrer-policy|x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection))$/;

const api = new ApiDocument(true);
/** The document for requests, which may have unknown fields: the server ignores them. */
const open = new ApiDocument(false);

/**
 * Validates a response against the OpenAPI document.
 * @throws Error with all violations: of the status, the media type, headers and the body
 */
export function checkAnswer(exchange: Exchange): void {
  const { method, url, status, sent } = exchange;
  const route = api.routeOf(method, url.pathname);
  if (!route && !url.pathname.startsWith('/api/')) return;
  const faults = route ? faultsOf(exchange, route) : faultsOfUnknown(exchange);
  if (route && status < 300) faults.push(...faultsOfRequest(route, sent));
  if (faults.length > 0)
    throw new Error(
      `The OpenAPI document does not allow what ${method} ${url.pathname} answered, ${status}:\n${faults.join('\n')}\n${JSON.stringify(exchange.body)?.slice(0, 2000)}`,
    );
}

function faultsOf({ method, status, headers, body }: Exchange, { operation }: Route): string[] {
  const response = api.resolve(operation.responses[status]);
  if (!response) return [`the status is not documented`];
  const faults = headerFaults(headers, response.headers);
  if (response.content === undefined && !headers.has('content-type')) return faults;
  const type = headers.get('content-type')?.split(';')[0] ?? '';
  if (response.content?.[type] === undefined) return [...faults, `the media type ${type} is not documented`];
  if (type !== 'application/json' || body === undefined || method === 'HEAD') return faults;
  const fault = api.faultsOf(response.content[type].schema, body);
  return fault === undefined ? faults : [...faults, fault];
}

/** Checks the response to an unknown path, which must be an error envelope. */
function faultsOfUnknown({ method, body }: Exchange): string[] {
  if (method === 'HEAD' || method === 'OPTIONS' || body === undefined) return [];
  const fault = api.faultsOf({ $ref: '#/components/schemas/ErrorEnvelope' }, body);
  return fault === undefined ? [] : [fault];
}

function headerFaults(headers: Headers, documented: Json = {}): string[] {
  const known = new Map<string, Json>(
    Object.entries<Json>(documented).map(([name, header]) => [name.toLowerCase(), api.resolve(header)]),
  );
  const absent = [...known]
    .filter(([name, header]) => header.required && !headers.has(name))
    .map(([name]) => `the header ${name} is absent`);
  const wrong = [...headers]
    .filter(([name]) => !transportHeaders.test(name))
    .flatMap(([name, value]) => {
      const header = known.get(name);
      if (!header) return [`the header ${name} is not documented`];
      const fault = api.faultsOf(header.schema, header.schema.type === 'integer' ? Number(value) : value);
      return fault === undefined ? [] : [`the header ${name}: ${value}: ${fault}`];
    });
  return [...absent, ...wrong];
}

/** Checks that the document allows a request that the server has accepted. */
function faultsOfRequest({ operation }: Route, sent: unknown): string[] {
  const request = operation.requestBody;
  if (sent === undefined) return request?.required ? ['a body is required by the document only'] : [];
  const schema =
    typeof sent !== 'object' || sent instanceof Uint8Array || sent instanceof FormData
      ? undefined
      : open.resolve(request)?.content['application/json'].schema;
  if (!schema) return [];
  const fault = open.faultsOf(schema, sent);
  return fault === undefined ? [] : [`the request was accepted: ${fault}`];
}
