import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { readEvents, run } from '../commands/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { data, makeProject, makeTask, refusal, type Json } from './steps.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});
const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  owner.request('POST', '/api/tasks/', body, { headers });
const taskWith = (fields: string) => `{"title":"x","project_id":"${project.id}",${fields}}`;

/** Sends bytes to the first server. @returns the head of its answer and what it says as JSON */
async function raw(bytes: string): Promise<{ head: string; body: Json }> {
  const socket = connect(app.apis[0]!.port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', body = ''] = answer.split('\r\n\r\n', 2);
  return { head, body: JSON.parse(body) as Json };
}

describe('a request body', () => {
  test('may have fields named constructor and prototype, but none named __proto__', async () => {
    const metadata = '{"constructor":{"prototype":1},"prototype":[2]}';
    const { id } = await data(201, post(taskWith(`"metadata":${metadata}`)));
    const shown = await data(200, owner.get(`/api/tasks/${id}`));
    expect(shown.metadata).toEqual(JSON.parse(metadata));
    for (const name of ['__proto__', '\\u005f_proto__']) {
      const answer = await post(taskWith(`"metadata":{"a":{"${name}":1}}`));
      expect(await refusal(answer)).toBe('422 VALIDATION_INVALID_FORMAT');
      expect(answer.body.error.details).toEqual({
        field: 'metadata.a',
        issue: 'No field may be named __proto__',
      });
    }
  });

  test('is refused when it is not UTF-8, or declares another encoding', async () => {
    const latin1 = Buffer.from(taskWith('"description":"caf\u00e9"'), 'latin1');
    expect(await refusal(post(latin1))).toBe('400 MALFORMED_REQUEST');
    const type = (charset: string) => ({ 'content-type': `application/json; ${charset}` });
    for (const charset of ['charset=iso-8859-1', 'charset="utf-16"', 'Charset=utf-8x'])
      expect([charset, await refusal(post(latin1, type(charset)))]).toEqual([
        charset,
        '415 UNSUPPORTED_MEDIA_TYPE',
      ]);
    const zipped = gzipSync(taskWith('"description":""'));
    expect(await refusal(post(zipped, { 'content-encoding': 'gzip' }))).toBe('415 UNSUPPORTED_MEDIA_TYPE');
    for (const charset of ['charset=UTF-8', 'charset="utf-8"', 'charset=utf8; x=y', 'boundary=x'])
      await data(201, post(taskWith('"description":"caf\u00e9"'), type(charset)));
    await data(201, post(taskWith('"description":""'), { 'content-encoding': 'identity' }));
  });

  test('with numbers keeps them exactly, or is refused', async () => {
    for (const number of ['9007199254740993', '1e400', '-12345678901234567890', '0.12345678901234567890']) {
      const answer = await post(taskWith(`"metadata":{"n":${number}}`));
      expect(await refusal(answer)).toBe('422 VALIDATION_INVALID_FORMAT');
      expect(answer.body.error.details.issue).toContain(number);
    }
    const kept = '{"n":[9007199254740992,1e22,-0.1,1.50,3.141592653589793]}';
    const { metadata } = await data(201, post(taskWith(`"metadata":${kept}`)));
    expect(metadata).toEqual(JSON.parse(kept));
  });
});

test('a timestamp may have an offset, and is stored as UTC', async () => {
  const { id } = await makeTask(owner, project, { title: 'timed' });
  const { created_at } = await data(200, owner.get(`/api/tasks/${id}`));
  const local = (shift: number) =>
    new Date(Date.parse(created_at) + shift + 2 * 3_600_000).toISOString().replace('Z', '+02:00');
  const found = async (query: Record<string, string>) =>
    (await data(200, owner.get('/api/tasks/', { query: { search: 'timed', ...query } }))).total;
  expect(await found({ created_after: local(-1000), created_before: local(1000) })).toBe(1);
  expect(await found({ created_after: local(1000) })).toBe(0);
  for (const time of ['2026-07-30 12:00:00Z', '2026-07-30T12:00:00', 'now', '0001-01-01T00:00:00+02:00'])
    expect([time, (await owner.get('/api/tasks/', { query: { created_after: time } })).status]).toEqual([
      time,
      422,
    ]);
});

test('the server listens on both loopback addresses, so no other process can receive its requests', async () => {
  const { port } = app.apis[0]!;
  const answer = await fetch(`http://[::1]:${port}/api/health/`);
  expect([answer.status, ((await answer.json()) as Json).data.status]).toEqual([200, 'healthy']);
});

describe('a request', () => {
  const head = () => `Host: x\r\nConnection: close\r\nAuthorization: Bearer ${owner.token}\r\n\r\n`;

  test('may have a target in absolute form', async () => {
    for (const target of ['http://x/api/health', 'HTTPS://x:1/api/health/?a=b']) {
      const answer = await raw(`GET ${target} HTTP/1.1\r\n${head()}`);
      expect(answer.head).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer.body.data.status).toBe('healthy');
    }
    const missing = await raw(`GET http://x/api/tasks/SHOP-1 HTTP/1.1\r\n${head()}`);
    expect(missing.body.error.code).toBe('TASK_NOT_FOUND');
    expect(missing.head).toMatch(/^HTTP\/1\.1 404 [^]*\r\ncache-control: no-store\r\n/i);
    expect((await raw(`GET http://x HTTP/1.1\r\n${head()}`)).body.error.code).toBe('RESOURCE_NOT_FOUND');
  });

  test('may contain unnecessary percent-encoding, and is the same request', async () => {
    const headers = { authorization: `Bearer ${owner.token}` };
    const answer = await fetch(`${app.url}/%61pi/p%72oj%65cts/?search=%61%26`, { headers });
    const { data: page, meta } = (await answer.json()) as Json;
    expect(meta.request_id).toBe(answer.headers.get('x-request-id'));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(page.pagination.links.first).toMatch(/^\/api\/projects\/\?search=a%26/);
  });

  test('with an unsupported method gets 405 with the allowed methods', async () => {
    const answers = {
      'PATCH /api/tasks/': 'GET, HEAD, POST',
      'POST /api/health': 'GET, HEAD',
      'GET /api/auth/login/': 'POST',
      [`PATCH /api/tasks/${project.id}?a=b`]: 'GET, HEAD, PUT, DELETE',
      'PROPFIND /api/tasks/': 'GET, HEAD, POST',
    };
    for (const [line, allow] of Object.entries(answers)) {
      const [method, path] = line.split(' ') as [string, string];
      const answer = await owner.request(method, path);
      expect([line, await refusal(answer), answer.headers.get('allow')]).toEqual([
        line,
        '405 METHOD_NOT_ALLOWED',
        allow,
      ]);
    }
    expect(await refusal(owner.request('PATCH', '/api/nothing'))).toBe('404 RESOURCE_NOT_FOUND');
  });

  test('must have exactly one valid Host header', async () => {
    const ask = (...hosts: string[]) =>
      raw(`GET /api/health HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}${rest}`);
    const rest = 'Connection: close\r\n\r\n';
    for (const host of ['', 'x', 'x.example:8080', '127.0.0.1:1', '[::1]', '[::1]:80', 'x_y-z'])
      expect([host, (await ask(host)).head]).toEqual([host, expect.stringMatching(/^HTTP\/1\.1 200 /)]);
    for (const hosts of [[], ['x', 'x'], ['x', 'y'], ['x y'], ['x/y'], ['a@b'], ['[::1'], ['x:port']]) {
      const { head: answer, body } = await ask(...hosts);
      expect([hosts, answer]).toEqual([hosts, expect.stringMatching(/^HTTP\/1\.1 400 /)]);
      expect(body.error.code).toBe('MALFORMED_REQUEST');
    }
  });

  test('with headers that are too large gets 431', async () => {
    const { head: answer, body } = await raw(
      `GET /api/health HTTP/1.1\r\nHost: x\r\nX-Long: ${'y'.repeat(70_000)}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(body.error.code).toBe('HEADERS_TOO_LARGE');
  });
});

describe('a large response', () => {
  const ask = (path: string, headers: Record<string, string>) =>
    owner.open('GET', path, undefined, { headers });

  test('is compressed for clients that accept it, with the same content', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        makeTask(owner, project, { title: `large ${index}`, description: 'x'.repeat(1000) }),
      ),
    );
    for (const path of ['/openapi.json', '/api/tasks/?search=large']) {
      const plain = await ask(path, { 'accept-encoding': 'identity' });
      expect(plain.headers.get('content-encoding')).toBeNull();
      const { data: expected, paths } = (await plain.json()) as Json;
      for (const encoding of ['br', 'gzip']) {
        const answer = await ask(path, { 'accept-encoding': encoding });
        expect([path, answer.headers.get('content-encoding')]).toEqual([path, encoding]);
        expect(answer.headers.get('vary')).toContain('accept-encoding');
        expect(await answer.json()).toMatchObject(paths ? { paths } : { data: expected });
      }
    }
    const small = await ask('/api/health/', { 'accept-encoding': 'br' });
    expect(small.headers.get('content-encoding')).toBeNull();
  });

  test('of live or stored output is not compressed', async () => {
    const { command_id } = await run(owner, 'head -c 100000 /dev/zero');
    for (const accept of ['text/event-stream', '*/*']) {
      const answer = await ask(`/api/commands/${command_id}/output`, {
        accept,
        'accept-encoding': 'br, gzip',
      });
      expect([accept, answer.headers.get('content-encoding')]).toEqual([accept, null]);
      await answer.arrayBuffer();
    }
  });

  test('of the documentation is not sent again when the client has it (304)', async () => {
    const { headers } = await ask('/openapi.json', {});
    const tag = headers.get('etag')!;
    expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
    expect((await ask('/openapi.json', { 'if-none-match': tag })).status).toBe(304);
    expect((await ask('/openapi.json', { 'if-none-match': 'W/"other"' })).status).toBe(200);
  });
});

describe('a query string', () => {
  test('with an unknown parameter is refused with its name', async () => {
    for (const [path, name] of [
      ['/api/tasks/?status[]=failed', 'status[]'],
      ['/api/tasks/?stauts=failed', 'stauts'],
      ['/api/projects/?x=1', 'x'],
      ['/api/commands/history?page=1', 'page'],
      [`/api/projects/${project.id}/analytics?days=7`, 'days'],
      ['/api/queues/metrics?from=1', 'from'],
    ] as const) {
      const answer = await app.admin.get(path);
      expect([path, answer.status, answer.body.error?.details.field]).toEqual([path, 422, name]);
    }
  });

  test('with an empty parameter equals one without it', async () => {
    const count = async (query: string) => (await data(200, owner.get(`/api/tasks/?${query}`))).total;
    expect(await count('status=&search=&priority=&tags=&page=&created_after=&assigned_to=')).toBe(
      await count(''),
    );
    expect(await count('')).toBeGreaterThan(0);
  });

  test('accepts numbers in decimal digits only', async () => {
    const { command_id } = await run(owner, 'echo hello');
    for (const number of ['0x10', '1e1', '+1', '1.0', '%201', '-1', 'NaN', '99999999999999999'])
      for (const path of [
        `/api/commands/${command_id}/output?from_offset=${number}`,
        `/api/tasks/?page=${number}`,
      ])
        expect([path, (await owner.get(path)).status]).toEqual([path, 422]);
    expect((await owner.get(`/api/commands/${command_id}/output?from_offset=01`)).body).toBe('ello\n');
  });
});

test('the end of an event stream is not repeated to a client that has received it', async () => {
  const { command_id } = await run(owner, 'echo hello');
  const path = `/api/commands/${command_id}/output`;
  const ask = (last?: string) =>
    owner.open('GET', path, undefined, {
      headers: { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) },
    });
  const text = await (await ask()).text();
  expect([...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)).toEqual(['6', '6-end']);
  expect((await ask('6-end')).status).toBe(204);
  // who has all bytes may have missed how it ended
  const [end] = await readEvents(await ask('6'));
  const { completed_at } = await data(200, owner.get(`/api/executions/${command_id}`));
  expect(end?.data).toMatchObject({ end: true, total: 6, exit_code: 0, timestamp: completed_at });
});

describe('a name of a resource', () => {
  test('is case-insensitive for projects and tasks', async () => {
    const named = await makeProject(owner, { key: 'LOW7' });
    const { id, ref } = await makeTask(owner, named);
    expect(ref).toBe('LOW7-1');
    expect((await data(200, owner.get('/api/tasks/low7-1'))).id).toBe(id);
    expect((await data(200, owner.get('/api/projects/low7'))).id).toBe(named.id);
    expect((await data(200, owner.get('/api/tasks/?project_id=low7'))).total).toBe(1);
    expect((await makeTask(owner, { id: 'Low7' })).ref).toBe('LOW7-2');
  });

  test('that is refused causes an error with the rule', async () => {
    const issueOf = async (fields: Record<string, unknown>, path = '/api/tasks/') => {
      const answer = await owner.post(path, { title: 'x', project_id: project.id, ...fields });
      expect(answer.status).toBe(422);
      const { field, issue } = answer.body.error.details;
      return `${field}: ${issue}`;
    };
    expect(await issueOf({ environment: { '1A': 'x' } })).toBe(
      'environment.1A: Name variables with letters, digits and underscore, no digit first',
    );
    expect(await issueOf({ project_id: 'A' })).toMatch(/^project_id: .*2 to 10 letters and digits/);
    expect(await issueOf({ name: 'x', key: '7UP' }, '/api/projects/')).toMatch(/^key: .*a letter first/);
    expect(await issueOf({ environment: { MILLRACE_X: 'x' } })).toBe(
      'environment: MILLRACE_ names are reserved',
    );
  });
});
