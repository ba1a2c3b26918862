import { expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { makeProject, makeTask, refusal } from './steps.js';

const app = useSharedApp();

test('task numbers rise in order of creation, for any name of the project and any process', async () => {
  const owner = await app.admin.createUser('developer');
  const project = await makeProject(owner);
  const names = [project.id, project.key, project.id.toUpperCase(), project.key.toLowerCase()] as string[];
  const numberOf = async (client: typeof owner, index: number) => {
    const { ref } = await makeTask(client, { id: names[index % names.length] });
    return Number((ref as string).split('-')[1]);
  };
  const inTurn: number[] = [];
  for (let index = 0; index < 40; index += 1)
    inTurn.push(await numberOf(index % 3 === 0 ? app.admin : owner, index));
  expect(inTurn).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));

  // and no number is given twice when many ask at once
  const atOnce = await Promise.all(Array.from({ length: 60 }, (_, index) => numberOf(owner, index)));
  expect(atOnce.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, index) => index + 41));
});

test('a user without write access to a project uses no number of it', async () => {
  const project = await makeProject(app.admin, { visibility: 'internal' });
  const stranger = await app.admin.createUser('developer');
  const ask = () => stranger.post('/api/tasks/', { title: 'x', project_id: project.id });
  for (let tries = 0; tries < 3; tries += 1) expect(await refusal(ask())).toBe('403 PROJECT_ACCESS_DENIED');
  expect((await makeTask(app.admin, project)).ref).toBe(`${project.key}-1`);
});
