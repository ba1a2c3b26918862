import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { mode } from '../support/mode.js';
import { data, nobody } from './steps.js';

/** What needs no token; everything else does. */
const open = [
  'GET /api/health',
  'GET /api/health/detailed',
  'POST /api/auth/login',
  'POST /api/auth/refresh',
];

/** What only administrators may call. */
const forAdministrators = [
  'GET /api/users',
  'POST /api/users',
  'GET /api/users/{user_id}',
  'PUT /api/users/{user_id}',
  'POST /api/queues/pause',
  'POST /api/queues/resume',
  'DELETE /api/queues/clear',
  'POST /api/system/maintenance',
  'DELETE /api/system/maintenance',
];

/** What changes nothing, or only what is the viewer's own. */
const forViewersToo = [
  'PUT /api/users/password',
  'PUT /api/users/preferences',
  'PUT /api/users/profile',
  'POST /api/commands/validate',
  'POST /api/sessions',
  'PUT /api/sessions/{session_id}',
  'DELETE /api/sessions/{session_id}',
  // the tasks that it may bring back are those the caller may write
  'POST /api/sessions/{session_id}/restore',
];

interface Route {
  name: string;
  method: string;
  path: string;
}

// what a route asks for is declared, so it is the same in every mode
describe.skipIf(mode !== 'single')('access', () => {
  const app = useApp();
  let routes: Route[];
  const closed = () => routes.filter(({ name }) => !open.includes(name));
  const call = async (client: Client, { method, path }: Route, headers: Record<string, string> = {}) => {
    const body = method === 'GET' ? undefined : {};
    const { status, body: answer } = await client.request(method, path, body, { headers });
    return `${status} ${answer.error?.code}`;
  };
  const called = async (client: Client, some: Route[], headers?: Record<string, string>) =>
    Promise.all(some.map(async (route) => [route.name, await call(client, route, headers)] as const));

  beforeAll(async () => {
    const { paths } = (await app.anonymous().get('/openapi.json')).body as {
      paths: Record<string, Record<string, unknown>>;
    };
    routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({
        name: `${method.toUpperCase()} ${path.replace(/\/$/, '')}`,
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, nobody),
      })),
    );
  });

  test('every route takes a token, but for a short list', async () => {
    expect(routes.length).toBeGreaterThan(40);
    const names = routes.map(({ name }) => name);
    for (const name of open) expect(names).toContain(name);
    const without = await called(app.anonymous(), closed());
    expect(without.filter(([, answer]) => answer !== '401 AUTH_TOKEN_MISSING')).toEqual([]);
    const forged = await called(app.anonymous(), closed(), { authorization: 'Bearer forged' });
    expect(forged.filter(([, answer]) => answer !== '401 AUTH_TOKEN_INVALID')).toEqual([]);
  });

  test('a viewer may read, and change only what is its own', async () => {
    const viewer = await app.admin.createUser('viewer');
    const refused = (
      await called(
        viewer,
        closed().filter(({ name }) => !forViewersToo.includes(name)),
      )
    )
      .filter(([, answer]) => answer === '403 AUTH_INSUFFICIENT_PERMISSIONS')
      .map(([name]) => name);
    const expected = closed()
      .map(({ name }) => name)
      .filter((name) => !forViewersToo.includes(name))
      .filter((name) => !name.startsWith('GET ') || forAdministrators.includes(name));
    expect(refused.toSorted()).toEqual(expected.toSorted());
    const allowed = await called(
      viewer,
      routes.filter(({ name }) => forViewersToo.includes(name)),
    );
    expect(allowed.filter(([, answer]) => answer === '403 AUTH_INSUFFICIENT_PERMISSIONS')).toEqual([]);
  });

  test('a developer may do everything but what is for administrators', async () => {
    const developer = await app.admin.createUser('developer');
    const refused = (await called(developer, closed()))
      .filter(([, answer]) => answer === '403 AUTH_INSUFFICIENT_PERMISSIONS')
      .map(([name]) => name);
    expect(refused.toSorted()).toEqual(forAdministrators.toSorted());
  });

  test('no call of the walk ends in a fault of ours', async () => {
    const admin = await app.admin.createUser('admin');
    const answers = await called(
      admin,
      closed().filter(({ name }) => !name.includes('maintenance')),
    );
    expect(answers.filter(([, answer]) => answer.startsWith('5'))).toEqual([]);
    await data(200, app.admin.get('/api/system/info'));
  });
});
