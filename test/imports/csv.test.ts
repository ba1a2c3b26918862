import { beforeAll, describe, expect, test } from 'vitest';
import { makeProject, makeTask, type Json } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { countsOf, imported, send, tasksOf } from './files.js';

const app = useSharedApp();
let owner: Client;
let project: Json;
beforeAll(async () => {
  owner = await app.admin.createUser('developer');
  project = await makeProject(owner);
});

const csv = { format: 'csv' };
const github = { format: 'github' };
const faults = async (file: unknown, query: Record<string, string>) => {
  const { status, body } = await send(owner, project, 'import', file, query);
  return [status, body.error.code, body.error.details.faults ?? body.error.details];
};

describe('a CSV file', () => {
  test('may have quotes, line breaks, semicolons, a byte order mark and other names of columns', async () => {
    const target = await makeProject(owner);
    const text =
      '\ufeffTitle;Status;Priority;Labels;Due date;Description\r\n' +
      '"Renew; ""all""";doing;urgent;"a, b,,c";2027-03-04;"two\r\nlines"\r\n' +
      '\r\n' +
      "'=SUM(A1);DONE;9;;;''quoted\n";
    expect(countsOf(await imported(owner, target, text, csv))).toEqual([2, 0, 0]);
    const tasks = await tasksOf(owner, target);
    expect(tasks['Renew; "all"']).toMatchObject({
      status: 'running',
      priority: 1,
      tags: ['a', 'b', 'c'],
      due_at: '2027-03-04T23:59:59.999Z',
      description: 'two\r\nlines',
    });
    expect(tasks['=SUM(A1)']).toMatchObject({ status: 'completed', priority: 9, description: "''quoted" });
    expect(countsOf(await imported(owner, target, text, csv))).toEqual([0, 0, 2]);
  });

  test('leaves what a cell does not say, and knows tasks by their ref', async () => {
    const task = await makeTask(owner, project, { title: 'Known', tags: ['kept'], description: 'kept' });
    const text = `ref,title,description,tags,priority\n${task.ref},,,,2\n`;
    expect(countsOf(await imported(owner, project, text, csv))).toEqual([0, 1, 0]);
    expect((await tasksOf(owner, project))['Known']).toMatchObject({
      priority: 2,
      tags: ['kept'],
      description: 'kept',
    });
  });

  test('with faults is refused with the lines of the records', async () => {
    const text = 'title,priority,colour\n"a\nb",1,x\nc,twelve,\n,3,\nd,11,';
    expect(await faults(text, csv)).toEqual([
      422,
      'VALIDATION_ERROR',
      [
        { line: 1, field: 'colour', issue: 'There is no such field of a task' },
        { line: 4, field: 'priority', issue: expect.any(String) },
        { line: 5, field: 'title', issue: 'Field is required' },
        { line: 6, field: 'priority', issue: expect.any(String) },
      ],
    ]);
    expect(await faults('title,title\na,b\n', csv)).toEqual([
      422,
      'VALIDATION_ERROR',
      [{ line: 1, field: 'title', issue: 'The column is there twice' }],
    ]);
    expect(await faults('title\n"a\n\n', csv)).toMatchObject([
      400,
      'MALFORMED_REQUEST',
      { issue: expect.any(String) },
    ]);
    expect(await faults('title,type\na,b,c\n', csv)).toMatchObject([400, 'MALFORMED_REQUEST', { line: 2 }]);
  });
});

describe('the issues of a GitHub repository', () => {
  const issue = (number: number, fields: object = {}) => ({
    number,
    title: `Issue ${number}`,
    body: 'Text\r\n',
    state: 'OPEN',
    url: `https://github.com/a/b/issues/${number}`,
    author: { login: 'octocat' },
    labels: [],
    assignees: [],
    comments: [],
    createdAt: '2020-01-01T00:00:00Z',
    closedAt: null,
    ...fields,
  });

  test('are tasks, with their labels and comments', async () => {
    const target = await makeProject(owner);
    const file = [
      issue(1, {
        labels: [{ id: 'x', name: 'good first, issue', color: '7057FF', description: 'For newcomers' }],
        assignees: [{ login: owner.user.username }, { login: 'other' }],
        comments: [{ id: 'y', author: { login: 'hubot' }, body: 'Hello', createdAt: '2020-01-02T00:00:00Z' }],
        milestone: { title: 'v1', dueOn: '2027-01-01T00:00:00Z' },
      }),
      issue(2, { state: 'CLOSED', stateReason: 'COMPLETED' }),
      issue(3, { state: 'CLOSED', stateReason: 'NOT_PLANNED', body: null }),
    ];
    expect(await imported(owner, target, file, github)).toMatchObject({ create: 3, labels: 1, warnings: [] });
    const tasks = await tasksOf(owner, target);
    expect(tasks['Issue 1']).toMatchObject({
      description: 'Text\r\n',
      type: 'issue',
      status: 'pending',
      source: 'github',
      external_ref: 'https://github.com/a/b/issues/1',
      tags: ['good first  issue'],
      assigned_to: owner.user.id,
      due_at: '2027-01-01T00:00:00.000Z',
      metadata: { github: { number: 1, author: 'octocat', milestone: 'v1' } },
    });
    expect([tasks['Issue 2']!.status, tasks['Issue 3']!.status]).toEqual(['completed', 'cancelled']);
    const comments = await owner.get(`/api/tasks/${tasks['Issue 1']!.id}/comments`);
    expect(comments.body.data.items).toMatchObject([
      { body: 'Hello', imported_author: 'hubot', created_at: '2020-01-02T00:00:00.000Z' },
    ]);
    expect(countsOf(await imported(owner, target, file, github))).toEqual([0, 0, 3]);
    file[0] = issue(1, { state: 'CLOSED', title: 'Issue 1' });
    expect(countsOf(await imported(owner, target, file, github))).toEqual([0, 1, 2]);
  });

  test('lose the end of texts that are too long, and comments without one, with a warning', async () => {
    const target = await makeProject(owner);
    const file = [
      issue(1, { body: 'x'.repeat(60_000), comments: [{ body: 'y'.repeat(30_000) }, { body: ' ' }] }),
    ];
    const { warnings } = await imported(owner, target, file, github);
    expect(warnings.map(({ field }: Json) => field)).toEqual(['body', 'comments']);
    const [task] = Object.values(await tasksOf(owner, target));
    expect(task!.description).toHaveLength(50_000);
    const { items } = (await owner.get(`/api/tasks/${task!.id}/comments`)).body.data;
    expect(items.map(({ body }: Json) => body.length)).toEqual([20_000]);
  });

  test('with faults are refused with their lines, under the names of the file', async () => {
    const file = `[\n${JSON.stringify(issue(1))},\n${JSON.stringify(issue(2, { title: 'x'.repeat(501) }))},\n{"number": "3"}\n]`;
    const [status, , found] = await faults(file, github);
    expect([status, found.map(({ line, field }: Json) => `${line} ${field}`)]).toEqual([
      422,
      ['3 title', '4 number', '4 title'],
    ]);
    expect(await faults({ issues: [] }, github)).toMatchObject([422, 'VALIDATION_ERROR', [{ line: 1 }]]);
  });
});
