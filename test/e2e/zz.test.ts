import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { until } from '../support/until.js';
import { expectStatus } from '../support/client.js';
const app = useApp();
test('works', async () => {
  const dev = await app.admin.createUser('developer');
  const p = (await expectStatus(201, dev.post('/api/projects/', { name: 'Shop', key: 'SHOP' }))).body.data;
  const t = (await expectStatus(201, dev.post('/api/tasks/', { project_id: p.id, title: 'x', command: 'echo hi' }))).body.data;
  await expectStatus(202, dev.post(`/api/tasks/${t.id}/execute`));
  await until(async () => expect((await dev.get(`/api/tasks/${t.id}`)).body.data).toMatchObject({ status: 'completed' }) ?? true);
});
