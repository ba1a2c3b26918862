import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { data, makeProject, type Json } from '../e2e/steps.js';
import { startApp, useApp } from '../support/app.js';
import { root } from '../support/build.js';
import { countsOf, exported, fileOf, imported } from './files.js';

const app = useApp();
// more than any of the batches in which tasks, names and parts are read and written
const many = 1_200;
const types = ['task', 'bug', 'feature', 'chore', 'spike', 'vulnerability'];
const statuses = ['pending', 'planned', 'running', 'completed', 'failed', 'cancelled'];

const text = (path: string) => readFile(join(root, 'node_modules', path), 'utf8').catch(() => '');
const pick = <T>(list: readonly T[], index: number) => list[index % list.length]!;

/** Makes a backlog of the texts of installed packages: a task for each section of a README. */
async function backlog(): Promise<Json> {
  const tasks: Json[] = [];
  const documents: Json[] = [];
  for (const name of (await readdir(join(root, 'node_modules'))).toSorted()) {
    const about = JSON.parse((await text(`${name}/package.json`)) || '{}') as Json;
    const sections = (await text(`${name}/README.md`)).split(/^#+ +/m).filter((part) => part.trim() !== '');
    const changes = (await text(`${name}/CHANGELOG.md`)).split(/^## /m).slice(1, 4);
    if (about.description)
      documents.push({ kind: 'memory', body: about.description, tags: [name.slice(0, 50)] });
    for (const [index, section] of sections.entries()) {
      if (tasks.length === many) return fileOf(tasks, { documents: documents.slice(0, 200) });
      const [title = '', ...lines] = section.split('\n');
      const number = tasks.length;
      tasks.push({
        ref: `SRC-${number + 1}`,
        title: title.trim().slice(0, 500) || name,
        description: lines.join('\n').slice(0, 4_000),
        type: pick(types, number),
        status: pick(statuses, number),
        priority: (number % 10) + 1,
        tags: [about.license, ...(about.keywords ?? [])]
          .filter(
            (word: unknown) =>
              typeof word === 'string' && /^[^,]{1,50}$/.test(word.trim()) && word.trim() !== '',
          )
          .slice(0, 5),
        source: name,
        project_path: `node_modules/${name}/README.md`,
        metadata: { version: about.version ?? null, repository: about.repository ?? null },
        ...(index > 0 ? { parent: `SRC-${number - index + 1}`, dependencies: [`SRC-${number}`] } : {}),
        comments:
          index === 0 ? changes.map((body) => ({ author: name, body: `## ${body}`.slice(0, 2_000) })) : [],
        checklist: [...section.matchAll(/^[-*] +(.*\S)/gm)]
          .slice(0, 5)
          .map(([, item = '']) => ({ text: item.slice(0, 500).trim() })),
        plans: index === 1 ? [{ title: 'How it is used', body: section.slice(0, 8_000) }] : [],
        attachments: about.homepage && index === 0 ? [{ name: 'Home', url: 'https://example.com/home' }] : [],
        archived: number % 7 === 0,
      });
    }
  }
  throw new Error(`There are only ${tasks.length} sections in the READMEs of the installed packages`);
}

/** An export without its ids and times. */
const plain = (json: string) =>
  json
    .replaceAll(/"(id|sha256)":"[^"]*"/g, '"$1":""')
    .replaceAll(/"((?:exported|created|updated|started|completed|archived|done)_at)":"[^"]*"/g, '"$1":""')
    .replaceAll(/"actual_duration":"[^"]*"/g, '"actual_duration":""');

test('a backlog of 1,200 tasks is exported, imported into a second installation, and exported again byte for byte but for ids and times', async () => {
  const fields = { name: 'A backlog', key: 'SRC', resource_limits: { max_tasks: 10_000 } };
  const first = await makeProject(app.admin, fields);
  expect(countsOf(await imported(app.admin, first, await backlog()))).toEqual([many, 0, 0]);
  // as people leave it: something was moved, renamed and changed since
  await data(
    200,
    app.admin.put(`/api/tasks/SRC-42`, { title: 'Changed here', parent_id: null, due_at: '2030-01-01' }),
  );
  await data(201, app.admin.post('/api/tasks/SRC-43/comments', { body: 'Said here' }));
  const out = await exported(app.admin, first);

  const other = await startApp();
  try {
    const second = await makeProject(other.admin, fields);
    const plan = await imported(other.admin, second, out);
    expect(countsOf(plan)).toEqual([many, 0, 0]);
    expect(plan.warnings).toEqual([]);
    const again = await exported(other.admin, second);
    const [before, after] = [plain(out).split('\n'), plain(again).split('\n')];
    expect(after.length).toBe(before.length);
    expect(after.find((line, index) => line !== before[index])).toBeUndefined();
    expect(countsOf(await imported(other.admin, second, out))).toEqual([0, 0, many]);
  } finally {
    await other.stop();
  }
});
