import type { OpenAPIObject } from '@nestjs/swagger';

interface Operation {
  summary?: string;
  tags?: string[];
  requestBody?: unknown;
}

/** One request of the API, as both collections show it. */
interface ApiRequest {
  folder: string;
  name: string;
  method: string;
  path: string;
  body: string | undefined;
}

function requestsOf({ paths }: OpenAPIObject): ApiRequest[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, { summary, tags, requestBody }]) => ({
      folder: tags?.[0] ?? 'api',
      name: summary ?? path,
      method: method.toUpperCase(),
      path,
      body: requestBody === undefined ? undefined : '{}',
    })),
  );
}

function byFolder(requests: ApiRequest[]): Map<string, ApiRequest[]> {
  const folders = new Map<string, ApiRequest[]>();
  for (const request of requests)
    folders.set(request.folder, [...(folders.get(request.folder) ?? []), request]);
  return folders;
}

/** Every request as a collection for Postman, format 2.1. Set its variables `base_url` and `token`. */
export function postmanCollection(document: OpenAPIObject, baseUrl: string) {
  const item = ({ name, method, path, body }: ApiRequest) => {
    const parts = path
      .replace(/\{(\w+)\}/g, ':$1')
      .split('/')
      .slice(1);
    return {
      name,
      request: {
        method,
        header: body === undefined ? [] : [{ key: 'Content-Type', value: 'application/json' }],
        ...(body === undefined
          ? {}
          : { body: { mode: 'raw', raw: body, options: { raw: { language: 'json' } } } }),
        url: {
          raw: `{{base_url}}/${parts.join('/')}`,
          host: ['{{base_url}}'],
          path: parts,
          variable: parts
            .filter((part) => part.startsWith(':'))
            .map((part) => ({ key: part.slice(1), value: '' })),
        },
      },
    };
  };
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
    item: [...byFolder(requestsOf(document))].map(([name, requests]) => ({ name, item: requests.map(item) })),
  };
}

/** Every request as an export that Insomnia imports, format 4. Set `base_url`, `token` and the ids in its environment. */
export function insomniaCollection(document: OpenAPIObject, baseUrl: string) {
  const workspace = 'wrk_millrace';
  const requests = requestsOf(document);
  const names = new Set(
    requests.flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!)),
  );
  const resources: Record<string, unknown>[] = [
    { _id: workspace, _type: 'workspace', parentId: null, name: document.info.title, scope: 'collection' },
    {
      _id: 'env_millrace',
      _type: 'environment',
      parentId: workspace,
      name: 'Base Environment',
      data: { base_url: baseUrl, token: '', ...Object.fromEntries([...names].map((name) => [name, ''])) },
    },
  ];
  for (const [name, some] of byFolder(requests)) {
    const folder = `fld_${name}`;
    resources.push({ _id: folder, _type: 'request_group', parentId: workspace, name });
    for (const [index, { name: title, method, path, body }] of some.entries()) {
      resources.push({
        _id: `req_${name}_${index}`,
        _type: 'request',
        parentId: folder,
        name: title,
        method,
        url: `{{ _.base_url }}${path.replace(/\{(\w+)\}/g, '{{ _.$1 }}')}`,
        headers: body === undefined ? [] : [{ name: 'Content-Type', value: 'application/json' }],
        body: body === undefined ? {} : { mimeType: 'application/json', text: body },
        authentication: { type: 'bearer', token: '{{ _.token }}' },
      });
    }
  }
  return { _type: 'export', __export_format: 4, __export_source: 'millrace', resources };
}
