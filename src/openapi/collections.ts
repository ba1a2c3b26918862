import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf, type Operation } from './operations.js';

interface Parameter {
  name: string;
  description: string;
}

/** One request of the API, as both collections contain it. */
interface ApiRequest {
  folder: string;
  name: string;
  description: string;
  method: string;
  path: string;
  query: Parameter[];
  /** The example body as JSON. */
  body: string | undefined;
  isOpen: boolean;
}

function requestsOf(document: OpenAPIObject): ApiRequest[] {
  return operationsOf(document).map(({ path, method, operation }) => {
    const body = operation.requestBody?.content['application/json'];
    return {
      folder: operation.tags[0] ?? 'api',
      name: operation.summary,
      description: operation.description,
      method: method.toUpperCase(),
      path,
      query: queryOf(operation),
      body: body && JSON.stringify(body.example ?? {}, null, 2),
      isOpen: operation.security?.length === 0,
    };
  });
}

function queryOf({ parameters = [] }: Operation): Parameter[] {
  return parameters
    .filter((parameter) => parameter['in'] === 'query')
    .map(({ name, description = '' }) => ({ name, description }) as Parameter);
}

function byFolder(requests: ApiRequest[]): Map<string, ApiRequest[]> {
  const folders = new Map<string, ApiRequest[]>();
  for (const request of requests)
    folders.set(request.folder, [...(folders.get(request.folder) ?? []), request]);
  return folders;
}

/**
 * Every request as a collection for Postman, format 2.1, with its example as body and its query parameters at hand. Set its variables
 * `base_url` and `token`.
 */
export function postmanCollection(document: OpenAPIObject, baseUrl: string) {
  return {
    info: {
      name: document.info.title,
      description: document.info.description ?? '',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    variable: [
      { key: 'base_url', value: baseUrl },
      { key: 'token', value: '' },
    ],
    item: [...byFolder(requestsOf(document))].map(([name, requests]) => ({
      name,
      item: requests.map(postmanItem),
    })),
  };
}

function postmanItem({ name, description, method, path, query, body, isOpen }: ApiRequest) {
  const parts = path
    .replace(/\{(\w+)\}/g, ':$1')
    .split('/')
    .slice(1);
  return {
    name,
    request: {
      method,
      description,
      ...(isOpen ? { auth: { type: 'noauth' } } : {}),
      header: body === undefined ? [] : [{ key: 'Content-Type', value: 'application/json' }],
      ...(body === undefined
        ? {}
        : { body: { mode: 'raw', raw: body, options: { raw: { language: 'json' } } } }),
      url: {
        raw: `{{base_url}}/${parts.join('/')}`,
        host: ['{{base_url}}'],
        path: parts,
        query: query.map((one) => ({
          key: one.name,
          value: '',
          description: one.description,
          disabled: true,
        })),
        variable: parts
          .filter((part) => part.startsWith(':'))
          .map((part) => ({ key: part.slice(1), value: '' })),
      },
    },
  };
}

/** Every request as an export that Insomnia imports, format 4. Set `base_url`, `token` and the ids in its environment. */
export function insomniaCollection(document: OpenAPIObject, baseUrl: string) {
  const workspace = 'wrk_millrace';
  const requests = requestsOf(document);
  const names = new Set(
    requests.flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)),
  );
  const ids = Object.fromEntries([...names].map((name) => [name, '']));
  const folders = [...byFolder(requests)].flatMap(([name, some]) => [
    { _id: `fld_${name}`, _type: 'request_group', parentId: workspace, name },
    ...some.map((request, index) => ({
      _id: `req_${name}_${index}`,
      _type: 'request',
      parentId: `fld_${name}`,
      ...insomniaRequest(request),
    })),
  ]);
  const resources: Record<string, unknown>[] = [
    { _id: workspace, _type: 'workspace', parentId: null, name: document.info.title, scope: 'collection' },
    {
      _id: 'env_millrace',
      _type: 'environment',
      parentId: workspace,
      name: 'Base Environment',
      data: { base_url: baseUrl, token: '', ...ids },
    },
    ...folders,
  ];
  return { _type: 'export', __export_format: 4, __export_source: 'millrace', resources };
}

function insomniaRequest({ name, description, method, path, query, body, isOpen }: ApiRequest) {
  return {
    name,
    description,
    method,
    url: `{{ _.base_url }}${path.replace(/\{(\w+)\}/g, '{{ _.$1 }}')}`,
    parameters: query.map((one) => ({ ...one, value: '', disabled: true })),
    headers: body === undefined ? [] : [{ name: 'Content-Type', value: 'application/json' }],
    body: body === undefined ? {} : { mimeType: 'application/json', text: body },
    authentication: isOpen ? {} : { type: 'bearer', token: '{{ _.token }}' },
  };
}
