import type { IncomingHttpHeaders } from 'node:http';
import { ApiDocument } from './api-document.js';
import type { Json } from './json.js';

const api = new ApiDocument(true);
const ofTransport = /^(host|connection|content-type|content-length|transfer-encoding|user-agent|accept.*)$/;

/** Validates a webhook message against the OpenAPI document. @returns the violations of its headers and body */
export function messageFaults(headers: IncomingHttpHeaders, raw: string): string[] {
  const body: Json = JSON.parse(raw);
  const operation = api.document.webhooks[body.event]?.post;
  if (!operation) return [`The event ${body.event} is not documented`];
  const known = new Map<string, Json>(
    operation.parameters.map((one: Json) => {
      const header = api.resolve(one);
      return [header.name.toLowerCase(), header];
    }),
  );
  const absent = [...known.values()].filter(
    ({ name, required }) => required && !(name.toLowerCase() in headers),
  );
  const wrong = Object.entries(headers)
    .filter(([name]) => !ofTransport.test(name))
    .map(([name, value]) => [
      name,
      known.has(name) ? api.faultsOf(known.get(name).schema, value) : 'is not documented',
    ]);
  const fault = api.faultsOf(operation.requestBody.content['application/json'].schema, body);
  return [
    ...absent.map(({ name }) => `${body.event}: the header ${name} is absent`),
    ...wrong.filter(([, text]) => text !== undefined).map(([name, text]) => `${body.event}: ${name} ${text}`),
    ...(fault === undefined ? [] : [`${body.event}: ${fault} ${raw}`]),
  ];
}
