import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { data, makeProject, makeTask, refusal, type Json } from './steps.js';

type Query = Record<string, string | number>;

// what is asked of Postgres is the same in every mode
describe('the list of tasks', () => {
  const app = useApp();
  let owner: Client;
  let project: Json;
  const list = (query: Query): Promise<Json> =>
    data(200, owner.get('/api/tasks/', { query: { project_id: project.key, ...query } }));
  const titles = async (query: Query): Promise<string[]> =>
    (await list(query)).items.map(({ title }: { title: string }) => title);
  const found = async (search: string) => (await titles({ search })).toSorted();

  beforeAll(async () => {
    owner = await app.admin.createUser('developer');
    project = await makeProject(owner, { key: 'LIST' });
    const rows: [string, Record<string, unknown>][] = [
      ['Implement user authentication', { priority: 1, tags: ['security', 'backend'] }],
      ['Write authenticator docs', { description: 'for every user', priority: 3, tags: ['docs'] }],
      ['Fix the login page', { description: 'security of the user session', tags: ['security'] }],
      ['Paint the shed', { description: 'authentication is not needed here', priority: 9 }],
      ['Authoring tools: C++ and 日本語 text', { description: "O'Reilly & sons", priority: 3 }],
    ];
    for (const [title, fields] of rows) await makeTask(owner, project, { title, ...fields });
    await makeTask(owner, await makeProject(owner), { title: 'Elsewhere authentication' });
  });

  test('is paginated, with flat fields and links to other pages', async () => {
    const first = await list({ page_size: 2, sort: 'title', order: 'asc' });
    expect(first).toMatchObject({
      total: 5,
      page: 1,
      page_size: 2,
      pages: 3,
      has_next: true,
      has_previous: false,
    });
    const query = `project_id=LIST&page_size=2&sort=title&order=asc`;
    const at = (page: number) => {
      const params = new URLSearchParams(query);
      params.set('page', String(page));
      return [...params].map(String).toSorted();
    };
    const parsed = (link: string) => {
      const url = new URL(link, app.url);
      expect(url.pathname).toBe('/api/tasks/');
      return [...url.searchParams].map(String).toSorted();
    };
    const { links, ...pagination } = first.pagination;
    expect(pagination).toEqual({ total: 5, total_is_exact: true, page: 1, page_size: 2, pages: 3 });
    expect([parsed(links.first), parsed(links.next), parsed(links.last), links.previous]).toEqual([
      at(1),
      at(2),
      at(3),
      null,
    ]);
    const walked = [...first.items];
    for (let next = links.next; next !== null;) {
      const page = await data(200, owner.get(next));
      walked.push(...page.items);
      next = page.pagination.links.next;
    }
    expect(walked.map(({ title }) => title)).toEqual(await titles({ sort: 'title', order: 'asc' }));
    expect(walked).toHaveLength(5);
    const beyond = await list({ page: 9, page_size: 2 });
    expect(beyond).toMatchObject({ items: [], total: 5, has_next: false, has_previous: true });
    expect(beyond.pagination.links.next).toBeNull();
    expect(await list({})).toMatchObject({ page_size: 50 });
    for (const bad of [
      'page=0',
      'page=-1',
      'page=x',
      'page=1.5',
      'page_size=0',
      'page_size=101',
      'page=1&page=2',
    ])
      expect([bad, (await owner.get(`/api/tasks/?${bad}`)).status]).toEqual([bad, 422]);
  });

  test('is sorted', async () => {
    expect((await titles({}))[0]).toMatch(/^Authoring/);
    expect((await titles({ sort: 'created_at', order: 'asc' }))[0]).toMatch(/^Implement/);
    expect(await titles({ sort: 'title', order: 'desc' })).toEqual(
      (await titles({ sort: 'title', order: 'asc' })).toReversed(),
    );
    const priorities = async (order: string) =>
      (await list({ sort: 'priority', order })).items.map(({ priority }: { priority: number }) => priority);
    expect(await priorities('asc')).toEqual([1, 3, 3, 5, 9]);
    expect(await priorities('desc')).toEqual([9, 5, 3, 3, 1]);
    for (const bad of ['sort=id', 'sort=created_at;', 'order=down'])
      expect([bad, (await owner.get(`/api/tasks/?${bad}`)).status]).toEqual([bad, 422]);
  });

  test('is filtered by each of its filters and by several', async () => {
    const { items } = await list({ search: 'shed' });
    const [shed] = items;
    await data(200, owner.put(`/api/tasks/${shed.id}`, { status: 'completed', assigned_to: owner.user.id }));
    await data(
      200,
      owner.put(`/api/tasks/${(await list({ search: 'login' })).items[0].id}`, { status: 'failed' }),
    );

    expect(await titles({ status: 'completed' })).toEqual(['Paint the shed']);
    expect(await titles({ status: 'failed, completed' })).toHaveLength(2);
    expect(await titles({ status: 'pending,running' })).toHaveLength(3);
    expect(await titles({ assigned_to: owner.user.id })).toEqual(['Paint the shed']);
    expect(await titles({ priority: 3 })).toHaveLength(3);
    expect(await titles({ priority: 1 })).toEqual(['Implement user authentication']);
    expect(await titles({ tags: 'security' })).toHaveLength(2);
    expect(await titles({ tags: 'security,backend' })).toEqual(['Implement user authentication']);
    expect(await titles({ tags: 'none' })).toEqual([]);
    expect(await titles({ created_after: shed.created_at, order: 'asc' })).toEqual([
      'Paint the shed',
      'Authoring tools: C++ and 日本語 text',
    ]);
    expect(await titles({ created_before: shed.created_at })).toHaveLength(3);
    expect(
      await titles({ search: 'authenticat*', status: 'pending', priority: 2, tags: 'security' }),
    ).toEqual(['Implement user authentication']);
    for (const bad of [
      'status=gone',
      'status=pending,gone',
      'assigned_to=mine',
      'priority=0',
      'created_after=yesterday',
      'created_after=0000-01-01T00:00:00Z',
      'created_before=0000-12-31T23:59:59Z',
      'project_id=no-key',
    ])
      expect([bad, (await owner.get(`/api/tasks/?${bad}`)).status]).toEqual([bad, 422]);
    expect(await refusal(owner.get('/api/tasks/?project_id=NOSUCH'))).toBe('404 PROJECT_NOT_FOUND');
  });

  test('of one project is the same at the path of the project', async () => {
    const below = await data(
      200,
      owner.get(`/api/projects/${project.id}/tasks?status=pending&page=1&page_size=2`),
    );
    const { items, total } = await list({ status: 'pending', page_size: 2 });
    expect([below.items, below.total]).toEqual([items, total]);
    expect(below.pagination.links.next).toContain(`/api/projects/${project.id}/tasks?`);
  });

  test('without a project contains all tasks that are visible to the user', async () => {
    const all = await data(200, owner.get('/api/tasks/'));
    expect(all.total).toBe(6);
    const stranger = await app.admin.createUser('developer');
    expect((await data(200, stranger.get('/api/tasks/'))).total).toBe(0);
    expect((await data(200, app.admin.get('/api/tasks/'))).total).toBe(6);
  });

  test('is searched: words, phrases, prefixes, operators, fields', async () => {
    const [implement, docs, login, shed, tools] = [
      'Implement user authentication',
      'Write authenticator docs',
      'Fix the login page',
      'Paint the shed',
      'Authoring tools: C++ and 日本語 text',
    ] as const;
    const expected: [string, string[]][] = [
      // English words count by their stem: an authenticator does authentication
      ['authentication', [implement, shed, docs]],
      ['AUTHENTICATION', [implement, shed, docs]],
      ['"user authentication"', [implement]],
      ['"authentication user"', []],
      ['"the login page"', [login]],
      ['authenticati*', [implement, shed]],
      ['authenticat*', [implement, shed, docs]],
      ['auth* AND security', []],
      ['auth* AND user', [implement, docs]],
      ['auth* user', [implement, docs]],
      ['title:authentication', [implement, docs]],
      ['description:authentication', [shed]],
      ['description:"user session"', [login]],
      ['tag:security', [implement, login]],
      ['tag:security NOT login', [implement]],
      ['tag:security AND NOT (login OR shed)', [implement]],
      ['shed OR login', [login, shed]],
      ['(shed OR login) AND security', [login]],
      ['painting', [shed]],
      ['日本語', [tools]],
      ["O'Reilly", [tools]],
      ['nothing-like-this', []],
      ['the', [login, shed]],
    ];
    for (const [search, hits] of expected)
      expect([search, await found(search)]).toEqual([search, hits.toSorted()]);
  });

  test('is searched by parts of a word, and regardless of accents, quotes and script', async () => {
    const other = await makeProject(owner);
    const titled = {
      file: 'Update package.json',
      path: 'Rotate /var/log/nginx/access.log',
      ref: 'See JIRA-123 of 2026-07-30',
      cafe: 'Open the Caf\u00e9 in Z\u00fcrich',
      camel: 'Rename parseHTTPRequest and GitHub Actions',
      host: 'Mail ada.lovelace@mail.example.org about v1.22.3',
      quotes: 'It\u2019s \u201calmost done\u201d',
      japanese: '\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8text',
      thai: '\u0e01\u0e32\u0e23\u0e17\u0e14\u0e2a\u0e2d\u0e1a\u0e23\u0e30\u0e1a\u0e1a',
      snake: 'Drop max_open_files',
    };
    for (const title of Object.values(titled)) await makeTask(owner, other, { title });
    const described = await makeTask(owner, other, { title: 'plain', description: 'about src/nginx.conf' });
    const { file, path, ref, cafe, camel, host, quotes, japanese, thai, snake } = titled;
    const expected: [string, string[]][] = [
      ['package', [file]],
      ['json', [file]],
      ['package.json', [file]],
      ['nginx', [path, described.title]],
      ['/var/log/nginx/access.log', [path]],
      ['log/nginx', [path]],
      ['title:nginx', [path]],
      ['description:nginx.conf', [described.title]],
      ['123', [ref]],
      ['jira-123', [ref]],
      ['2026-07', [ref]],
      ['cafe', [cafe]],
      ['CAF\u00c9', [cafe]],
      ['cafe\u0301', [cafe]],
      ['zurich', [cafe]],
      ['request', [camel]],
      ['parseHttpRequest', [camel]],
      ['"http request"', [camel]],
      ['hub', [camel]],
      ['"github actions"', [camel]],
      ['lovelace', [host]],
      ['ada.lovelace@mail.example.org', [host]],
      ['example.org', [host]],
      ['1.22', [host]],
      ['22.3', [host]],
      ['v1.22', [host]],
      ["it's", [quotes]],
      ['"almost done"', [quotes]],
      ["\"it's 'almost done'\"", [quotes]],
      ['\u672c\u8a9e', [japanese]],
      ['\u8a9e', [japanese]],
      ['\u30c6\u30b9\u30c8', [japanese]],
      ['\uff83\uff7d\uff84', [japanese]],
      ['\u672c\u65e5', []],
      ['text', [japanese]],
      ['title:\u672c\u8a9e', [japanese]],
      ['description:\u672c\u8a9e', []],
      ['\u0e17\u0e14\u0e2a\u0e2d\u0e1a', [thai]],
      ['open', [cafe, snake]],
      ['max_open_files', [snake]],
      ['open -files', [cafe]],
      ['open -"open files"', [cafe]],
      ['title:(nginx OR jira)', [path, ref]],
      ['nginx -title:nginx', [described.title]],
    ];
    const foundThere = async (search: string) => {
      const answer = await owner.get('/api/tasks/', { query: { search, project_id: other.id } });
      return ((await data(200, answer)).items as Json[]).map(({ title }) => title as string).toSorted();
    };
    for (const [search, hits] of expected)
      expect([search, await foundThere(search)]).toEqual([search, hits.toSorted()]);
    // a change is found by its new words, and no longer by the old ones
    const { id } = (await list({ search: 'jira', project_id: other.id })).items[0];
    await data(200, owner.put(`/api/tasks/${id}`, { title: 'See LINEAR-7', description: 'd' }));
    expect(await foundThere('jira')).toEqual([]);
    expect(await foundThere('linear')).toEqual(['See LINEAR-7']);
    await data(200, owner.delete(`/api/projects/${other.id}`));
  });

  test('supports texts of maximum length in any script', async () => {
    const texts = ['\u8a9e', '\u65e5\u672c', 'aB', '\u00e9 ', 'a.'].map((piece) =>
      piece.repeat(50_000 / piece.length),
    );
    for (const description of texts) await makeTask(owner, project, { title: 'long', description });
    expect((await found('title:long')).length).toBe(texts.length);
    for (const { id } of (await list({ search: 'title:long' })).items)
      await data(200, owner.delete(`/api/tasks/${id}`));
  });

  test('answers unusual searches without an internal error', async () => {
    const pieces = [
      '(',
      ')',
      '"',
      "'",
      '*',
      '\\',
      ':',
      '&',
      '|',
      '!',
      '<->',
      'AND',
      'OR',
      'NOT',
      'title:',
      'tag:""',
      '日',
      'a',
      '-',
      '%',
      '$1',
      '😀',
      'user',
      ':*',
      ';--',
      '\u0301',
    ];
    let seed = 7;
    const random = (below: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    const odd = [
      '',
      ' ',
      '*',
      '"',
      '""',
      '()',
      ')(',
      'AND',
      'NOT NOT NOT',
      'NOT',
      'a AND',
      '(((((a',
      "';",
      ':*',
      '\\',
      'title:',
      'title:*',
      'x'.repeat(500),
      `${'('.repeat(240)}a`,
      `${'NOT '.repeat(120)}a`,
      'a '.repeat(250),
      `"${'b '.repeat(240)}"`,
    ];
    for (let count = 0; count < 120; count += 1) {
      const length = 1 + random(7);
      odd.push(Array.from({ length }, () => pieces[random(pieces.length)]).join(random(2) === 0 ? ' ' : ''));
    }
    const wrong: string[] = [];
    for (const search of odd)
      if ((await owner.get('/api/tasks/', { query: { search } })).status !== 200) wrong.push(search);
    expect(wrong).toEqual([]);
    expect((await owner.get(`/api/tasks/?search=${'x'.repeat(501)}`)).status).toBe(422);
    for (const query of [
      'search=%ff',
      'search=a&search=b',
      'search[a]=b',
      'tags=,,,',
      'status=,',
      '%00=%00',
      'search=%ED%A0%80',
    ])
      expect([query, (await owner.get(`/api/tasks/?${query}`)).status]).toEqual([
        query,
        expect.toSatisfy((status: number) => status === 200 || status === 422 || status === 400),
      ]);
  });
});
