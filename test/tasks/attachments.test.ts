import { createHash, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { data, makeProject, makeTask, refusal, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { waitingFor, whileLocked } from '../support/locked-table.js';
import { until } from '../support/until.js';

const app = useSharedApp();
let owner: Client;
let developer: Client;
let viewer: Client;
let stranger: Client;
let project: Json;
let task: Json;
let doc: Json;
beforeAll(async () => {
  [owner, developer, viewer, stranger] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  project = await makeProject(owner);
  for (const [client, role] of [
    [developer, 'developer'],
    [viewer, 'viewer'],
  ] as const)
    await data(200, owner.put(`/api/projects/${project.id}/members/${client.user.id}`, { role }));
  task = await makeTask(owner, project);
  doc = await data(201, owner.post(`/api/projects/${project.id}/docs`, { title: 'A doc', body: 'x' }));
});

/** What something can be attached to: its type, how it is named, its id and where its attachments are listed. */
const places = [
  ['task', () => [task.ref, task.id, `/api/tasks/${task.ref}/attachments`]],
  ['project', () => [project.key, project.id, `/api/projects/${project.key}/attachments`]],
  ['document', () => [doc.id, doc.id, `/api/documents/${doc.id}/attachments`]],
] as const;

const path = '/api/attachments';
const at = ({ id }: Json, behind = '') => `${path}/${id}${behind}`;
const link = (fields: object = {}) => ({
  linked_type: 'task',
  linked_id: task.id,
  url: 'https://example.com/x',
  ...fields,
});

function form(
  bytes: string | Buffer<ArrayBuffer>,
  name: string,
  fields: Record<string, string> = {},
  type = '',
): FormData {
  const parts = new FormData();
  for (const [key, value] of Object.entries({ linked_type: 'task', linked_id: task.id, ...fields }))
    parts.set(key, value as string);
  parts.set('file', new Blob([bytes], { type }), name);
  return parts;
}

const storedBytes = async (of: Json) => {
  const [row] = await app.query<{ bytes: string }>(
    'SELECT coalesce(sum(bytes), 0) AS bytes FROM output_usage WHERE owner = $1',
    [of.id],
  );
  return Number(row!.bytes);
};

describe.each(places)('attached to a %s', (linked_type, place) => {
  test('a link and a file are listed, shown, downloaded and removed', async () => {
    const [linked_id, id, list] = place();
    const url = 'https://example.com/design?a=b#c';
    const made = await data(201, developer.post(path, { linked_type, linked_id, url }));
    expect(made).toMatchObject({
      linked_type,
      linked_id: id,
      project_id: project.id,
      name: url,
      url,
      media_type: null,
      size: 0,
      sha256: null,
      created_by: developer.user.id,
    });
    const bytes = randomBytes(700_000);
    const fields = { linked_type, linked_id, name: 'Prüfung “1”.bin' };
    const file = await data(
      201,
      developer.post(path, form(bytes, 'other.bin', fields, 'application/x-thing')),
    );
    expect(file).toMatchObject({
      name: 'Prüfung “1”.bin',
      url: null,
      media_type: 'application/x-thing',
      size: 700_000,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const { items } = await data(200, viewer.get(list));
    expect(items).toEqual([file, made]);
    expect(await data(200, viewer.get(at(file)))).toEqual(file);
    const answer = await viewer.get(at(file, '/content'));
    expect(answer.status).toBe(200);
    expect(answer.bytes.equals(bytes)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '700000',
      'x-content-type-options': 'nosniff',
      'content-disposition': expect.stringMatching(
        /^attachment; .*filename\*=UTF-8''Pr%C3%BCfung%20%E2%80%9C1%E2%80%9D\.bin/,
      ),
    });
    expect(await refusal(viewer.get(at(made, '/content')))).toBe('409 ATTACHMENT_IS_LINK');

    const before = await storedBytes(project);
    for (const one of [made, file]) await data(200, developer.delete(at(one)));
    // a link takes its name, which is its address here, and a row
    expect(await storedBytes(project)).toBe(before - 700_000 - (256 + 2 * url.length));
    expect((await data(200, viewer.get(list))).items).toEqual([]);
    expect(await refusal(viewer.get(at(file, '/content')))).toBe('404 RESOURCE_NOT_FOUND');
    expect(await app.query('SELECT 1 FROM attachment_parts WHERE attachment_id = $1', [file.id])).toEqual([]);
  });

  test('it is seen and changed by those who may', async () => {
    const [linked_id, , list] = place();
    const fields = { linked_type, linked_id };
    const file = await data(201, developer.post(path, form('secret', 'x', fields)));
    const notFound = { task: 'TASK', project: 'PROJECT', document: 'RESOURCE' }[linked_type];
    for (const answer of [
      stranger.get(list),
      stranger.post(path, link(fields)),
      stranger.post(path, form('', 'x', fields)),
    ])
      expect(await refusal(answer)).toBe(`404 ${notFound}_NOT_FOUND`);
    for (const answer of [
      stranger.get(at(file)),
      stranger.get(at(file, '/content')),
      stranger.delete(at(file)),
    ])
      expect(await refusal(answer)).toBe('404 RESOURCE_NOT_FOUND');
    for (const answer of [
      viewer.post(path, link(fields)),
      viewer.post(path, form('', 'x', fields)),
      viewer.delete(at(file)),
    ])
      expect(await refusal(answer)).toBe('403 PROJECT_ACCESS_DENIED');
    const ofOwner = await data(201, owner.post(path, link(fields)));
    expect(await refusal(developer.delete(at(ofOwner)))).toBe('403 PROJECT_ACCESS_DENIED');
    for (const one of [file, ofOwner]) await data(200, owner.delete(at(one)));
  });
});

test('only what is an image by its content is shown by a browser', async () => {
  const png = Buffer.from('89504e470d0a1a0a0000', 'hex');
  const html = '<script>alert(1)</script>';
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>';
  for (const [bytes, name, sent, type, disposition] of [
    [png, 'a.png', 'text/html', 'image/png', 'inline'],
    [html, 'a.png', 'image/png', 'application/octet-stream', 'attachment'],
    [html, 'a.html', 'text/html', 'application/octet-stream', 'attachment'],
    [svg, 'a.svg', 'image/svg+xml', 'application/octet-stream', 'attachment'],
    ['', 'empty', '', 'application/octet-stream', 'attachment'],
  ] as const) {
    const file = await data(201, owner.post(path, form(bytes, name, {}, sent)));
    const { headers, bytes: got } = await owner.get(at(file, '/content'));
    expect(got.equals(Buffer.from(bytes))).toBe(true);
    expect(headers.get('content-type')).toBe(type);
    expect(headers.get('content-disposition')).toMatch(new RegExp(`^${disposition};`));
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
  }
});

test('names of files have no folders and no control characters', async () => {
  for (const [sent, kept] of [
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\a.txt', 'a.txt'],
    ['a\u0007b.txt', 'ab.txt'],
    ['..', 'file'],
    ['', 'file'],
  ] as const) {
    const boundary = 'of-this-test';
    // as no client sends it
    const body = [
      ...Object.entries({ linked_type: 'task', linked_id: task.id }).map(
        ([name, value]) =>
          `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
      ),
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename*=UTF-8''${encodeURIComponent(sent)}\r\n\r\nx\r\n--${boundary}--\r\n`,
    ].join('');
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    const { status, body: answer } = await owner.post(path, body, { headers });
    expect([sent, status, answer.data?.name]).toEqual([sent, 201, kept]);
  }
  const named = (name: string) => owner.post(path, form('x', 'other.txt', { name }));
  expect(await data(201, named('../../etc/passwd'))).toMatchObject({ name: 'passwd' });
  expect(await refusal(named('a\u0007b.txt'))).toMatch(/^422 VALIDATION_/);
});

describe('bad input', () => {
  test('is refused with its field', async () => {
    for (const [body, field] of [
      [link({ url: 'javascript:alert(1)' }), 'url'],
      [link({ url: 'ftp://example.com' }), 'url'],
      [link({ url: undefined }), 'url'],
      [link({ linked_type: 'user' }), 'linked_type'],
      [link({ linked_id: 'nothing at all' }), 'linked_id'],
      [link({ linked_type: 'document', linked_id: 'SHOP-1' }), 'linked_id'],
      [link({ name: '' }), 'name'],
      [link({ name: 'x'.repeat(256) }), 'name'],
      [link({ file: 'text' }), 'file'],
      [form('x', 'x', { url: 'https://example.com' }), 'url'],
      [form('x', 'x', { linked_type: 'nothing' }), 'linked_type'],
    ] as const) {
      const { status, body: answer } = await owner.post(path, body);
      expect([body, status]).toEqual([body, 422]);
      expect(JSON.stringify(answer.error.details)).toContain(`"${field}"`);
    }
  });

  test('of a form is refused, and nothing is stored', async () => {
    const count = async () => (await data(200, owner.get(`/api/tasks/${task.id}/attachments`))).total;
    const before = await count();
    expect(await refusal(owner.post(path, form(Buffer.alloc(10 * 1024 * 1024 + 1), 'x')))).toBe(
      '413 PAYLOAD_TOO_LARGE',
    );
    const two = form('x', 'x');
    two.append('second', new Blob(['y']), 'y');
    expect(await refusal(owner.post(path, two))).toBe('413 PAYLOAD_TOO_LARGE');
    const many = form('x', 'x');
    for (let n = 0; n < 20; n += 1) many.set(`field${n}`, 'x');
    expect(await refusal(owner.post(path, many))).toBe('413 PAYLOAD_TOO_LARGE');
    for (const [type, body, code] of [
      ['multipart/form-data', 'x', '400 MALFORMED_REQUEST'],
      ['multipart/form-data; boundary=x', '--x\r\nbroken', '400 MALFORMED_REQUEST'],
      ['multipart/form-data; boundary=x', '', '422 VALIDATION_REQUIRED_FIELD'],
      ['text/plain', 'x', '415 UNSUPPORTED_MEDIA_TYPE'],
    ] as const)
      expect([type, await refusal(owner.post(path, body, { headers: { 'content-type': type } }))]).toEqual([
        type,
        code,
      ]);
    // no other route takes a form
    expect(await refusal(owner.post('/api/tasks', form('x', 'x')))).toBe('415 UNSUPPORTED_MEDIA_TYPE');
    expect(await count()).toBe(before);
  });
});

test('a file of the largest size is taken, and the storage of the project bounds how many', async () => {
  const small = await makeProject(owner, { resource_limits: { storage_limit: '15MB' } });
  const of = { linked_type: 'project', linked_id: small.id };
  const most = randomBytes(10 * 1024 * 1024);
  const file = await data(201, owner.post(path, form(most, 'most', of)));
  expect((await owner.get(at(file, '/content'))).bytes.equals(most)).toBe(true);
  expect(await refusal(owner.post(path, form(Buffer.alloc(6 * 1024 * 1024), 'more', of)))).toBe(
    '409 PROJECT_LIMIT_EXCEEDED',
  );
  await data(200, owner.delete(at(file)));
  await data(201, owner.post(path, form(Buffer.alloc(6 * 1024 * 1024), 'more', of)));
});

test('files go along with their task, and are gone with it', async () => {
  const [from, to] = [await makeProject(owner), await makeProject(owner)];
  const moving = await makeTask(owner, from);
  const plan = await data(201, owner.post(`/api/tasks/${moving.id}/plans`, { title: 'x', body: 'x' }));
  const file = await data(201, owner.post(path, form('12345', 'x', { linked_id: moving.id })));
  const ofPlan = { linked_type: 'document', linked_id: plan.id };
  const second = await data(201, owner.post(path, form('678', 'y', ofPlan)));
  await data(200, owner.post(`/api/tasks/${moving.id}/move`, { project_id: to.id }));
  expect([await storedBytes(from), await storedBytes(to)]).toEqual([0, 8]);
  expect(await data(200, owner.get(at(file)))).toMatchObject({ project_id: to.id });
  const { history } = await data(200, owner.get(`/api/tasks/${moving.id}/history`));
  expect(history.map(({ action }: Json) => action)).toEqual(
    expect.arrayContaining(['attachment_added', 'plan_created', 'moved']),
  );
  await data(200, owner.delete(`/api/tasks/${moving.id}?permanent=true`));
  for (const one of [file, second]) expect(await refusal(owner.get(at(one)))).toBe('404 RESOURCE_NOT_FOUND');
  expect(await storedBytes(to)).toBe(0);
});

test('files of a draft are seen with it, and gone when it is discarded', async () => {
  const draft = await makeTask(owner, project, { draft: true });
  const file = await data(201, owner.post(path, form('x', 'x', { linked_id: draft.id })));
  expect(await refusal(viewer.get(at(file, '/content')))).toBe('404 RESOURCE_NOT_FOUND');
  await data(200, owner.post(`/api/tasks/${draft.id}/discard`, {}));
  expect(await refusal(owner.get(at(file)))).toBe('404 RESOURCE_NOT_FOUND');
});

test('an upload is not stored twice when it is repeated with its key', async () => {
  const headers = { 'idempotency-key': `upload-${task.id}` };
  const first = await data(201, owner.post(path, form('x', 'once'), { headers }));
  expect(await data(201, owner.post(path, form('x', 'once'), { headers }))).toEqual(first);
  expect(await refusal(owner.post(path, form('y', 'once'), { headers }))).toBe('409 IDEMPOTENCY_CONFLICT');
});

test('a download ends with the sign-in or the membership of who reads it', async () => {
  const [leaver, outsider] = await Promise.all([1, 2].map(() => app.admin.createUser('developer')));
  for (const { user } of [leaver!, outsider!])
    await data(200, owner.put(`/api/projects/${project.id}/members/${user.id}`, { role: 'viewer' }));
  const size = 10_000_000;
  const file = await data(201, owner.post(path, form(randomBytes(size), 'large.bin')));
  /** Begins a download, and returns how many bytes of it can be read in the end. */
  const begin = async (client: Client) => {
    const response = await client.open('GET', at(file, '/content'));
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    let read = (await reader.read()).value!.length;
    return async () => {
      for (;;) {
        const { value } = await reader.read().catch(() => ({ value: undefined }));
        if (!value) return read;
        read += value.length;
      }
    };
  };
  const [ofLeaver, ofOutsider, ofViewer] = [
    await begin(leaver!),
    await begin(outsider!),
    await begin(viewer),
  ];
  await data(200, leaver!.post('/api/auth/logout'));
  await data(200, owner.delete(`/api/projects/${project.id}/members/${outsider!.user.id}`));
  expect(await ofViewer()).toBe(size);
  expect(await ofLeaver()).toBeLessThan(size);
  expect(await ofOutsider()).toBeLessThan(size);
});

test('who downloads much leaves connections of the database to others', async () => {
  const file = await data(201, owner.post(path, form(randomBytes(1_000_000), 'some.bin')));
  let downloads: Promise<{ bytes: Buffer }>[] = [];
  const reads = () => waitingFor(app, 'attachment_parts');
  await whileLocked(app, 'attachment_parts', async () => {
    downloads = Array.from({ length: 30 }, () => viewer.get(at(file, '/content')));
    await until(async () => (await reads()) > 0);
    await Promise.all(Array.from({ length: 20 }, () => data(200, stranger.get('/api/projects/'))));
    expect(await reads()).toBeLessThanOrEqual(4);
  });
  for (const answer of await Promise.all(downloads)) expect(answer.bytes.length).toBe(1_000_000);
});
