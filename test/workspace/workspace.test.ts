import { expect, test } from 'vitest';
import { data, refusal } from '../e2e/steps.js';
import { useSharedApp } from '../support/app.js';

const app = useSharedApp();

test('the workspace is this installation, which administrators name', async () => {
  const developer = await app.admin.createUser('developer');
  const first = await data(200, developer.get('/api/workspace'));
  expect(first).toMatchObject({
    name: 'Millrace',
    slug: 'millrace',
    description: '',
    settings: {},
    version: 1,
  });
  expect(await data(200, developer.get('/api/workspaces'))).toEqual({ workspaces: [first] });
  expect(await refusal(developer.put('/api/workspace', { name: 'Mine' }))).toBe(
    '403 AUTH_INSUFFICIENT_PERMISSIONS',
  );

  const changed = await data(
    200,
    app.admin.put('/api/workspace', {
      name: 'The shop',
      slug: 'shop',
      settings: { theme: 'dark' },
      version: 1,
    }),
  );
  expect(changed).toMatchObject({ id: first.id, name: 'The shop', slug: 'shop', version: 2 });
  await data(200, app.admin.put('/api/workspace', { settings: { language: 'en' } }));
  expect(await data(200, developer.get('/api/workspace'))).toMatchObject({
    description: '',
    settings: { theme: 'dark', language: 'en' },
    created_at: first.created_at,
    version: 3,
  });
  expect(await refusal(app.admin.put('/api/workspace', { name: 'x', version: 2 }))).toBe(
    '409 VERSION_CONFLICT',
  );
  for (const bad of [{ name: '' }, { slug: 'A B' }, { slug: '-a' }, { settings: 'dark' }])
    expect(await refusal(app.admin.put('/api/workspace', bad))).toMatch(/^422 VALIDATION_/);
  const many = { a: 'x'.repeat(60_000) };
  await data(200, app.admin.put('/api/workspace', { settings: many }));
  expect(await refusal(app.admin.put('/api/workspace', { settings: { b: many.a } }))).toBe(
    '422 VALIDATION_ERROR',
  );
  const { activity } = await data(200, app.admin.get('/api/activity', { query: { entity_id: first.id } }));
  expect(activity[2]).toMatchObject({
    action: 'workspace_updated',
    old_value: { name: 'Millrace', slug: 'millrace', settings: {} },
    new_value: { name: 'The shop', slug: 'shop', settings: { theme: 'dark' } },
  });
});
