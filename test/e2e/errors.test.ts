import { once } from 'node:events';
import { connect } from 'node:net';
import { Collection } from 'postman-collection';
import { describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { RequestOptions } from '../support/client.js';
import { data, refusal, type Json } from './steps.js';

/** Sends raw bytes and gives what comes back until the connection is closed. */
function raw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    socket.on('close', () => resolve(answer)).on('error', reject);
  });
}

const app = useApp({ env: { CORS_ORIGINS: 'https://console.example.org' } });

// the framework is the same in every mode
describe('an error response', () => {
  const send = (body: string | Buffer, headers: Record<string, string> = {}) =>
    app.admin.request('POST', '/api/projects/', body, { headers });

  test('for an unknown route has the envelope, below /api and elsewhere', async () => {
    for (const path of ['/api/nothing', '/api', '/', '/nothing', '/api/tasks/x/y/z', '/api//tasks', '/ws']) {
      const answer = await app.admin.get(path);
      expect([path, await refusal(answer)]).toEqual([path, '404 RESOURCE_NOT_FOUND']);
    }
  });

  test('for a malformed URL has the envelope', async () => {
    for (const path of ['/api/tasks/%zz', '/api/tasks/%', '/api/%c0%af', '/%E0%A4%A'])
      expect([path, await refusal(app.admin.get(path))]).toEqual([path, '400 MALFORMED_REQUEST']);
    expect((await app.admin.get(`/api/tasks/${'a'.repeat(600)}`)).status).toBeLessThan(500);
  });

  test('for an unreadable body has the envelope', async () => {
    for (const body of ['{', '{"name":}', "{'name': 1}", 'name=x', '\ufeff{', Buffer.from([0xff, 0xfe])])
      expect([body, await refusal(send(body))]).toEqual([body, '400 MALFORMED_REQUEST']);
    for (const body of ['[]', '"text"', '7', 'null', 'true'])
      expect([body, (await send(body)).status]).toEqual([body, 422]);
    for (const type of [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
    ])
      expect([type, await refusal(send('{"name":"x"}', { 'content-type': type }))]).toEqual([
        type,
        '415 UNSUPPORTED_MEDIA_TYPE',
      ]);
    expect((await send('{"name":"x"}', { 'content-type': 'application/json; charset=utf-8' })).status).toBe(
      201,
    );
  });

  test('for a body that is too large has the envelope, and a body at the limit is accepted', async () => {
    const body = (size: number) => `{"name":"${'x'.repeat(size)}"}`;
    const MiB = 1024 * 1024;
    expect(await refusal(send(body(1.9 * MiB)))).toBe('422 VALIDATION_VALUE_TOO_LONG');
    expect(await refusal(send(body(2 * MiB)))).toBe('413 PAYLOAD_TOO_LARGE');
    const bulk = (size: number) => app.admin.request('POST', '/api/tasks/bulk', body(size));
    expect(await refusal(bulk(9 * MiB))).toBe('422 VALIDATION_ERROR');
    expect(await refusal(bulk(10 * MiB))).toBe('413 PAYLOAD_TOO_LARGE');
    // what anybody may send is small, and so is what leads nowhere
    const nested = '['.repeat(2 * MiB) + ']'.repeat(2 * MiB);
    for (const path of ['/api/auth/login', '/api/auth/refresh', '/api/nothing'])
      expect([path, await refusal(app.anonymous().request('POST', path, nested))]).toEqual([
        path,
        '413 PAYLOAD_TOO_LARGE',
      ]);
    expect((await app.admin.get('/api/system/info')).status).toBe(200);
  });

  test('for a body with too many values is sent before the body is parsed', async () => {
    const body = (values: number) => `{"name":"x","settings":{"list":[${'1,'.repeat(values - 1)}1]}}`;
    const answer = await send(`[${'1,'.repeat(100_000)}1]`);
    expect(await refusal(answer)).toBe('422 VALIDATION_INVALID_FORMAT');
    expect(answer.body.error.details.issue).toBe('More than 100000 values');
    // and before it is parsed, which would refuse this as no JSON
    expect((await send(`[${'1,'.repeat(100_000)}`)).body.error.details).toEqual(answer.body.error.details);
    expect((await send('['.repeat(100_000))).body.error.details.issue).toBe('Nested deeper than 64 levels');
    expect((await send(body(101_000))).body.error.details).toMatchObject({
      issue: 'More than 100000 values',
    });
    expect((await send(body(20_000))).status).toBe(201);
  });

  test('for missing permissions is sent before the body is read', async () => {
    const { port } = app.apis[0]!;
    const viewer = await app.admin.createUser('viewer');
    // of the body that is announced nothing ever comes
    const answerTo = async (authorization: string) => {
      const head = `POST /api/projects/ HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\n`;
      const socket = connect(port, '127.0.0.1');
      socket.write(`${head}Content-Length: 1000000\r\n\r\n{`);
      const [first] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return /^HTTP\/1\.1 (\d+) [^]*"code":"(\w+)"/.exec(first.toString())?.slice(1).join(' ');
    };
    expect(await answerTo('')).toBe('401 AUTH_TOKEN_MISSING');
    expect(await answerTo('Authorization: Bearer forged\r\n')).toBe('401 AUTH_TOKEN_INVALID');
    expect(await answerTo(`Authorization: Bearer ${viewer.token}\r\n`)).toBe(
      '403 AUTH_INSUFFICIENT_PERMISSIONS',
    );
  });

  test('is not sent for an unsupported Upgrade or Expect header', async () => {
    const { port } = app.apis[0]!;
    const asking = (...headers: string[]) =>
      raw(port, `GET /api/health/ HTTP/1.1\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`);
    const upgrade = ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'];
    const answers = [
      await asking('Host: x', 'Connection: close, Upgrade, HTTP2-Settings', ...upgrade),
      await asking('Host: x', 'Connection: close', 'Expect: the-unexpected'),
    ];
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*"healthy"/);
    expect(await asking('Connection: close')).toMatch(/^HTTP\/1\.1 400 [^]*"MALFORMED_REQUEST"/);
    const login = '{"username":"admin","password":"wrong"}';
    const posted = await raw(
      port,
      `POST /api/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${login.length}\r\n\r\n${login}`,
    );
    expect(posted).toMatch(/^HTTP\/1\.1 401 [^]*"AUTH_INVALID_CREDENTIALS"/);
  });

  test('is sent for CONNECT, and what follows on the connection is ignored', async () => {
    const { port } = app.apis[0]!;
    for (const target of ['example.org:443', '/api/health/', 'localhost:22']) {
      const answer = await raw(
        port,
        `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\nGET / HTTP/1.1\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 405 [^]*\r\nAllow: GET, HEAD, POST, PUT, PATCH, DELETE\r\n/);
      expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
        data: null,
        error: { code: 'METHOD_NOT_ALLOWED' },
        meta: { request_id: expect.any(String) },
      });
    }
    expect((await app.admin.get('/api/system/info')).status).toBe(200);
  });

  test('for bytes that are not HTTP has the envelope, and closes that connection only', async () => {
    const { port } = app.apis[0]!;
    for (const bytes of [
      'rubbish\r\n\r\n',
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]),
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'y'.repeat(70_000)}\r\n\r\n`,
      'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ]) {
      const answer = await raw(port, bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
        data: null,
        error: {
          code: expect.stringMatching(/^(MALFORMED_REQUEST|HEADERS_TOO_LARGE)$/),
          message: expect.any(String),
          details: {},
        },
        meta: { timestamp: expect.any(String), request_id: expect.any(String), version: expect.any(String) },
      });
    }
    expect((await app.admin.get('/api/system/info')).status).toBe(200);
  });

  test('reveals no internals', async () => {
    const answers = await Promise.all([
      app.admin.get('/api/nothing'),
      app.admin.get('/api/tasks/%zz'),
      send('{'),
      app.admin.get("/api/tasks/?search='&status=x"),
    ]);
    for (const { body, headers } of answers) {
      expect(JSON.stringify(body)).not.toMatch(/node_modules|\.js:|\bat \w+ \(|SELECT|postgres/i);
      expect(headers.get('x-powered-by')).toBeNull();
    }
  });
});

describe('every response', () => {
  test('has a request id: that of the request, or a generated one', async () => {
    const paths = ['/api/health/', '/api/tasks/', '/api/nothing', '/api/tasks/%zz', '/openapi.json'];
    for (const path of paths) {
      const mine = await app.anonymous().get(path, { headers: { 'x-request-id': 'trace-1.a_B' } });
      expect([path, mine.headers.get('x-request-id')]).toEqual([path, 'trace-1.a_B']);
      if (path.startsWith('/api')) expect(mine.body.meta.request_id).toBe('trace-1.a_B');
      const ours = await app.anonymous().get(path);
      expect(ours.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
    for (const odd of ['with space', 'ü', '<script>', 'x'.repeat(129), '{"a":1}']) {
      const answer = await app
        .anonymous()
        .get('/api/health/', { headers: { 'x-request-id': Buffer.from(odd).toString('latin1') } });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('below /api forbids caching', async () => {
    const { username, password } = app.admin.credentials!;
    const answers = [
      await app.anonymous().post('/api/auth/login', { username, password }),
      await app.admin.post('/api/auth/refresh'),
      await app.admin.post('/api/personal-access-tokens/', { label: 'x', scopes: ['tasks.read'] }),
      await app.admin.get('/api/users/profile'),
      await app.anonymous().get('/api/tasks/'),
      await app.admin.get('/api/nothing'),
    ];
    for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store');
  });

  test('has the security headers', async () => {
    for (const path of ['/api/health/', '/api/nothing', '/docs', '/openapi.json', '/api/tasks/%zz']) {
      const { headers } = await app.anonymous().get(path);
      expect([path, Object.fromEntries(headers)]).toEqual([
        path,
        expect.objectContaining({
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'SAMEORIGIN',
          'content-security-policy': expect.stringMatching(
            /(?=.*default-src 'self')(?=.*script-src 'self'(;|$))/,
          ),
        }),
      ]);
    }
  });

  test('is readable for allowed origins, and for no other (CORS)', async () => {
    const allowed = (origin: string) =>
      app
        .anonymous()
        .get('/api/health/', { headers: { origin } })
        .then(({ headers }) => headers.get('access-control-allow-origin'));
    expect(await allowed('https://console.example.org')).toBe('https://console.example.org');
    expect(await allowed('https://evil.example.org')).toBeNull();
    const preflight = await app.anonymous().request('OPTIONS', '/api/tasks/', undefined, {
      headers: { origin: 'https://console.example.org', 'access-control-request-method': 'PUT' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
  });

  test('is the same with and without a trailing slash', async () => {
    const { id } = await data(201, app.admin.post('/api/projects', { name: 'Slashes' }));
    const paths = [
      '/api/health',
      '/api/health/detailed',
      '/api/tasks',
      '/api/projects',
      `/api/projects/${id}`,
      '/api/users',
      '/api/system/info',
      '/api/queues/status',
    ];
    for (const path of paths)
      for (const form of [path, `${path}/`])
        expect([form, (await app.admin.get(form)).status]).toEqual([form, 200]);
    const { access_token } = await data(200, app.anonymous().post('/api/auth/login/', app.admin.credentials));
    expect(access_token).toEqual(expect.any(String));
    await data(201, app.admin.post('/api/tasks', { title: 'x', project_id: id }));
    await data(200, app.admin.put(`/api/projects/${id}/`, { description: 'x' }));
    await data(200, app.admin.delete(`/api/projects/${id}/`));
  });

  test('to a POST without a body is successful where no field is required', async () => {
    const project = await data(201, app.admin.post('/api/projects/', { name: 'Empty' }));
    const task = await data(
      201,
      app.admin.post('/api/tasks/', { title: 'x', project_id: project.id, command: 'sleep 60' }),
    );
    const none: (RequestOptions | undefined)[] = [
      undefined,
      // as curl -X POST -H 'Content-Type: application/json' sends it, and as -d '' does
      { headers: { 'content-type': 'application/json' } },
      { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ];
    for (const options of none) {
      await data(202, app.admin.request('POST', `/api/tasks/${task.id}/execute`, undefined, options));
      await data(200, app.admin.request('POST', `/api/tasks/${task.id}/cancel`, undefined, options));
    }
    expect((await app.admin.post('/api/projects/')).status).toBe(422);
  });

  test('is documented: the documentation and the OpenAPI document are public', async () => {
    const document = (await app.anonymous().get('/openapi.json')).body;
    expect(document.openapi).toMatch(/^3\.1/);
    expect(Object.keys(document.paths).length).toBeGreaterThan(30);
    const page = await app.anonymous().get('/docs');
    // the Content-Security-Policy forbids inline scripts
    expect(page.body).not.toMatch(/<script(?! src=)/);
    expect(page.status).toBe(200);
    expect(page.body).toContain('swagger-ui');
    // the page loads the document, which is kept compressed; a copy within its script or as YAML was written for each request
    const script = await app.anonymous().get('/docs/swagger-ui-init.js');
    expect([script.status, script.bytes.length < 10_000]).toEqual([200, true]);
    expect(script.body).toContain('"swaggerUrl": "/openapi.json"');
    expect((await app.anonymous().get('/docs-yaml')).status).toBe(404);
  });

  test('is documented in collections for Postman and Insomnia, with every route', async () => {
    const { paths } = (await app.anonymous().get('/openapi.json')).body;
    const routes = Object.entries(paths as Record<string, object>)
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
      .toSorted();
    const { body: postman, headers } = await app.anonymous().get('/docs/postman_collection.json');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(postman.info.schema).toContain('v2.1.0');
    expect(app.apis.map(({ url }) => ({ key: 'base_url', value: url }))).toContainEqual(postman.variable[0]);
    // as Postman reads it: with its variables filled in and its example as body, every request can be sent
    const inPostman: string[] = [];
    new Collection(postman).forEachItem((item) => {
      const { method, url, body } = item.request;
      const path = url
        .toString()
        .replace('{{base_url}}', '')
        .replaceAll(/:(\w+)/g, '{$1}');
      inPostman.push(`${method} ${path}`);
      expect(JSON.parse(body?.raw ?? '{}')).toBeTypeOf('object');
      expect([path, item.getAuth()?.type]).toEqual([
        path,
        /^\/api\/(health|auth\/login)/.test(path) ||
        (method === 'POST' && path === '/api/triggers/{trigger_id}')
          ? 'noauth'
          : 'bearer',
      ]);
    });
    expect(inPostman.toSorted()).toEqual(routes);
    const insomnia = (await app.anonymous().get('/docs/insomnia_collection.json')).body;
    expect(insomnia).toMatchObject({ _type: 'export', __export_format: 4 });
    const inInsomnia = insomnia.resources
      .filter(({ _type }: Json) => _type === 'request')
      .map(
        ({ method, url }: Json) =>
          `${method} ${url.replace('{{ _.base_url }}', '').replaceAll(/\{\{ _\.(\w+) \}\}/g, '{$1}')}`,
      );
    expect(inInsomnia.toSorted()).toEqual(routes);
    const ids = insomnia.resources.map(({ _id }: Json) => _id);
    expect(new Set(ids).size).toBe(ids.length);
    const { data: variables } = insomnia.resources.find(({ _type }: Json) => _type === 'environment');
    for (const { parentId } of insomnia.resources) expect([null, ...ids]).toContain(parentId);
    for (const [, name] of JSON.stringify(insomnia).matchAll(/\{\{ _\.(\w+) \}\}/g))
      expect(variables).toHaveProperty(name ?? '');
  });
});
