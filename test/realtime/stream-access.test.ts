import { afterEach, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { expectStatus, type Client } from '../support/client.js';
import { createProject, createTask, execute } from './fixtures.js';

const app = useApp();
const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

/** A stream over HTTP of a run that goes on, opened by somebody; resolves once something came. */
async function openStream(client: Client, task: string, how: 'events' | 'follow') {
  const response = await client.open(
    'GET',
    `/api/tasks/${task}/output${how === 'follow' ? '?follow=true' : ''}`,
    undefined,
    how === 'events' ? { headers: { accept: 'text/event-stream' } } : {},
  );
  expect(response.status).toBe(200);
  const reader = response.body!.getReader();
  cleanUps.push(() => reader.cancel().catch(() => undefined));
  let text = '';
  while (!text.includes('on')) text += Buffer.from((await reader.read()).value ?? []).toString();
  /** Reads to the end; a connection that was cut is one, too. */
  const ended = async () => {
    for (;;) {
      const { done } = await reader.read().catch(() => ({ done: true }));
      if (done) return true;
    }
  };
  return { ended };
}

async function makeRun(): Promise<{ project: string; task: string }> {
  const project = await createProject(app.admin, { visibility: 'internal' });
  const task = await createTask(app.admin, project, 'while :; do echo on; sleep 0.1; done');
  await execute(app.admin, task);
  cleanUps.push(() => app.admin.post(`/api/tasks/${task}/cancel`, {}));
  return { project, task };
}

test.each(['events', 'follow'] as const)(
  'a stream over HTTP (%s) ends when its reader may not read it any more',
  async (how) => {
    const { project, task } = await makeRun();
    const [disabled, outsider, holder] = await Promise.all(
      [1, 2, 3].map(() => app.admin.createUser('developer')),
    );
    const token = await expectStatus(
      201,
      holder!.post('/api/personal-access-tokens/', { label: 'A stream', scopes: ['tasks.read'] }),
    );
    const { id } = token.body.data;
    const [byAdmin, byDisabled, byOutsider, byToken] = await Promise.all([
      openStream(app.admin, task, how),
      openStream(disabled!, task, how),
      openStream(outsider!, task, how),
      openStream(holder!.withToken(token.body.data.token as string), task, how),
    ]);

    await expectStatus(200, holder!.delete(`/api/personal-access-tokens/${id}`));
    expect(await byToken.ended()).toBe(true);
    await expectStatus(200, app.admin.put(`/api/users/${disabled!.user.id}`, { disabled: true }));
    expect(await byDisabled.ended()).toBe(true);
    await expectStatus(200, app.admin.put(`/api/projects/${project}`, { visibility: 'private' }));
    expect(await byOutsider.ended()).toBe(true);

    // whoever may read on does, to the end of the run
    await expectStatus(200, app.admin.post(`/api/tasks/${task}/cancel`, {}));
    expect(await byAdmin.ended()).toBe(true);
  },
);
