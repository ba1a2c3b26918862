import { beforeAll, describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { data, makeProject, nobody, runJob, type Json } from './steps.js';

/** What needs no token; everything else does. */
const open = [
  'GET /api/health',
  'GET /api/health/detailed',
  'GET /api/health/live',
  'GET /api/health/ready',
  'POST /api/auth/login',
  'POST /api/auth/logout',
  'POST /api/auth/refresh',
  // the token of its URL opens it
  'POST /api/triggers/{trigger_id}',
];

/** What only administrators may call. */
const forAdministrators = [
  // and for who has the METRICS_TOKEN: see metrics.test.ts
  'GET /metrics',
  'GET /api/users',
  'POST /api/users',
  'GET /api/users/{user_id}',
  'PUT /api/users/{user_id}',
  'POST /api/agents',
  'PUT /api/agents/{agent_id}',
  'DELETE /api/agents/{agent_id}',
  'GET /api/agents/{agent_id}/keys',
  'POST /api/agents/{agent_id}/keys',
  'DELETE /api/agents/{agent_id}/keys/{key_id}',
  'POST /api/queues/pause',
  'POST /api/queues/resume',
  'DELETE /api/queues/clear',
  'POST /api/workers/{worker_id}/drain',
  'POST /api/workers/{worker_id}/resume',
  'PUT /api/workspace',
  'POST /api/system/maintenance',
  'DELETE /api/system/maintenance',
  'GET /api/system/doctor',
  'POST /api/system/doctor/fix',
];

/** What changes nothing, or only what is the viewer's own. */
const forViewersToo = [
  // each tool asks for what it does
  'POST /mcp',
  'DELETE /api/auth/sessions',
  'DELETE /api/auth/sessions/{session_id}',
  'PUT /api/users/password',
  'PUT /api/users/preferences',
  'PUT /api/users/profile',
  'POST /api/commands/validate',
  'POST /api/sessions',
  'PUT /api/sessions/{session_id}',
  'DELETE /api/sessions/{session_id}',
  'POST /api/personal-access-tokens',
  'DELETE /api/personal-access-tokens/{token_id}',
  // the tasks that it may bring back are those the caller may write
  'POST /api/sessions/{session_id}/restore',
];

/** What each scope of a personal access token opens, for an administrator's token that has no other. */
const opened: Record<string, RegExp> = {
  'tasks.read':
    /^GET \/api\/(tasks|labels|documents|attachments|commands|executions|sessions|queues|workers|backlogs|triggers)\b|^GET .*\/(tasks|docs|memory|attachments|export|triggers)$|^POST \/api\/commands\/validate$/,
  'tasks.write':
    /^GET \/api\/(tasks|labels|documents|attachments|commands|executions|sessions|queues|workers|backlogs|triggers)\b|^GET .*\/(tasks|docs|memory|attachments|export|triggers)$|^POST \/api\/commands\/validate$|^(POST|PUT|PATCH|DELETE) \/api\/(tasks(\/bulk|\/\{task_id\}(\/(archive|restore|publish|discard|move|claim|(dependencies|comments|checklist|labels|plans).*))?)?|(sessions|labels|documents|attachments|claims|backlogs).*|projects\/\{project_id\}\/(docs|memory|import|findings|sync))$/,
  'projects.read':
    /^GET \/api\/projects(?!.*\/(tasks|docs|memory|attachments|export|import|findings|sync|triggers)$)/,
  'projects.write':
    /^\w+ \/api\/projects(?!.*\/(tasks|docs|memory|attachments|export|import|findings|sync|triggers)$)/,
  execute:
    /^GET \/api\/(tasks|labels|documents|attachments|commands|executions|sessions|queues|workers|backlogs|triggers)\b|^GET .*\/(tasks|docs|memory|attachments|export|triggers)$|^POST \/api\/(commands\/.*|tasks\/.*\/(execute|cancel|retry)|queues\/priority)$|^(POST|PUT|DELETE) \/api\/(triggers\/.*|projects\/\{project_id\}\/triggers)$/,
  'webhooks.manage': /^\w+ \/api\/webhooks/,
  'profile.write': /^PUT \/api\/users\/(profile|preferences|password)$/,
  'tokens.manage': /^\w+ \/api\/personal-access-tokens/,
  admin:
    / \/api\/auth\/sessions| \/api\/users(\/\{user_id\})?$|^GET \/api\/agents\/\{agent_id\}\/keys$|^(POST|PUT|DELETE) \/api\/agents|^(POST|DELETE) \/api\/(queues\/(pause|resume|clear)|workers\/.*|system\/(maintenance|doctor\/fix))$|^GET \/api\/system\/doctor$|^PUT \/api\/workspace$/,
};
/** What every token opens. */
const openedByAny =
  /^GET \/api\/(users\/profile|system\/(?!doctor)|workspaces?$|(activity|events)$|agents(\/\{agent_id\})?$)|^POST \/mcp$/;
/** What takes a sign-in with a password. */
const signedInOnly = ['GET /metrics'];

/** Follows the activity until the client goes. */
const stream = '/api/events';

/** Texts in the test data, and the scopes whose tokens may read them; a session of a password login may read all. */
const tasksScopes = ['tasks.read', 'tasks.write', 'execute'];
const projectsScopes = ['projects.read', 'projects.write'];
const marks: Record<string, string[]> = {
  'mark-of-a-task': tasksScopes,
  'mark-of-a-comment': tasksScopes,
  'mark-of-a-step': tasksScopes,
  'mark-of-a-label': tasksScopes,
  'mark-of-a-trigger': tasksScopes,
  'mark-of-a-plan': tasksScopes,
  'mark-of-a-doc': tasksScopes,
  'mark-of-a-note': tasksScopes,
  'mark-of-a-link': tasksScopes,
  'mark-of-a-backlog': tasksScopes,
  'mark-of-a-file': tasksScopes,
  'mark-of-a-command': tasksScopes,
  'mark-of-an-output': tasksScopes,
  'mark-of-an-artifact': tasksScopes,
  'mark-of-a-summary': tasksScopes,
  'mark-of-a-session': tasksScopes,
  'mark-of-a-project': projectsScopes,
  MARK_OF_A_SECRET: projectsScopes,
  'mark-of-a-webhook': ['webhooks.manage'],
  'mark-of-a-token': ['tokens.manage'],
  'mark-of-a-user': ['admin'],
  'mark-of-a-key': ['admin'],
};
/** What is as telling as the text: that it exists, by its id. */
const idOfMark: Record<string, string> = {
  'mark-of-a-webhook': 'webhook_id',
  'mark-of-a-token': 'token_id',
  'mark-of-a-user': 'user_id',
};

interface Route {
  name: string;
  method: string;
  /** With the names of its parameters. */
  template: string;
  path: string;
  /** Of a personal access token; one is enough. */
  scopes: string[];
}

const namesOf = (routes: Route[]) => routes.map(({ name }) => name).toSorted();

// what a route asks for is declared, so it is the same in every mode
describe('access control', () => {
  const app = useApp({ env: { ALLOW_UNISOLATED_SECRETS: 'true' } });
  let routes: Route[];
  const closed = () => routes.filter(({ name }) => !open.includes(name));
  const call = async (client: Client, { method, path }: Route, headers: Record<string, string> = {}) => {
    const body = method === 'GET' ? undefined : {};
    // a stream does not end
    if (path === stream) {
      const response = await client.open(method, path, body, { headers });
      if (response.status !== 200)
        return `${response.status} ${((await response.json()) as Json).error?.code}`;
      await response.body?.cancel();
      return '200 undefined';
    }
    const { status, body: answer } = await client.request(method, path, body, { headers });
    return `${status} ${answer.error?.code}`;
  };
  const called = async (client: Client, some: Route[], headers?: Record<string, string>) =>
    Promise.all(some.map(async (route) => [route.name, await call(client, route, headers)] as const));

  beforeAll(async () => {
    const { paths } = (await app.anonymous().get('/openapi.json')).body as {
      paths: Record<string, Record<string, { 'x-scopes'?: string[] }>>;
    };
    routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path.replace(/\/$/, '')}`,
        method: method.toUpperCase(),
        template: path,
        path: path.replaceAll(/\{\w+\}/g, nobody),
        scopes: operation['x-scopes'] ?? [],
      })),
    );
  });

  test('every route except the public ones requires a token', async () => {
    expect(routes.length).toBeGreaterThan(40);
    const names = routes.map(({ name }) => name);
    for (const name of open) expect(names).toContain(name);
    const without = await called(app.anonymous(), closed());
    expect(without.filter(([, answer]) => answer !== '401 AUTH_TOKEN_MISSING')).toEqual([]);
    const forged = await called(app.anonymous(), closed(), { authorization: 'Bearer forged' });
    expect(forged.filter(([, answer]) => answer !== '401 AUTH_TOKEN_INVALID')).toEqual([]);
  });

  test('a viewer may read everything and change only personal data', async () => {
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

  test('a developer may do everything except administration', async () => {
    const developer = await app.admin.createUser('developer');
    const refused = (await called(developer, closed()))
      .filter(([, answer]) => answer === '403 AUTH_INSUFFICIENT_PERMISSIONS')
      .map(([name]) => name);
    expect(refused.toSorted()).toEqual(forAdministrators.toSorted());
  });

  test('the OpenAPI document names the scopes of each route, and every route has one', () => {
    const named = (scope: string) => closed().filter(({ scopes }) => scopes.includes(scope));
    for (const [scope, expected] of Object.entries(opened)) {
      const wanted = closed().filter(({ name }) => openedByAny.test(name) || expected.test(name));
      expect([scope, namesOf(named(scope))]).toEqual([scope, namesOf(wanted)]);
    }
    // a new route must have a scope, or be declared as one for sessions only
    expect(namesOf(closed().filter(({ scopes }) => scopes.length === 0))).toEqual(signedInOnly);
  });

  test.each(['projects.write', 'execute'])(
    'a token with the scope %s opens the routes of that scope and no other',
    async (scope) => {
      const body = { label: scope, scopes: [scope] };
      const { token } = await data(201, app.admin.post('/api/personal-access-tokens/', body));
      const answers = new Map(await called(app.admin.withToken(token), closed()));
      const granted = closed().filter(
        ({ name }) => answers.get(name) !== '403 AUTH_INSUFFICIENT_PERMISSIONS',
      );
      expect(namesOf(granted)).toEqual(namesOf(closed().filter(({ scopes }) => scopes.includes(scope))));
    },
  );

  /** Makes one of everything in a work session of an administrator. @returns the administrator, and the values of path parameters */
  const makeWorld = async (): Promise<[Client, Record<string, string>]> => {
    const owner = await app.admin.createUser('admin');
    const session = await data(
      201,
      owner.post('/api/sessions/', { settings: { theme: 'mark-of-a-session' } }),
    );
    const working = owner.with({ 'x-session-id': session.session_id });
    const project = await makeProject(working, { description: 'mark-of-a-project' });
    const secret = `/api/projects/${project.id}/secrets/MARK_OF_A_SECRET`;
    await data(200, working.put(secret, { value: 'the value of a secret' }));
    const execution = await runJob(
      working,
      project,
      'echo mark-of-an-artifact > kept; echo mark-of-a-summary > $MILLRACE_SUMMARY; echo mark-of-an-output # mark-of-a-command',
      'completed',
      {
        title: 'mark-of-a-task',
        artifacts: ['kept'],
      },
    );
    const kept = await data(200, working.get(`/api/executions/${execution.execution_id}/artifacts`));
    const task = `/api/tasks/${execution.task_id}`;
    const comment = await data(201, working.post(`${task}/comments`, { body: 'mark-of-a-comment' }));
    await data(201, working.post(`${task}/checklist`, { text: 'mark-of-a-step' }));
    const plan = await data(201, working.post(`${task}/plans`, { title: 'mark-of-a-plan', body: 'x' }));
    const place = `/api/projects/${project.id}`;
    await data(201, working.post(`${place}/docs`, { title: 'mark-of-a-doc', body: 'x' }));
    await data(201, working.post(`${place}/memory`, { body: 'mark-of-a-note' }));
    const link = { linked_type: 'project', linked_id: project.id, url: 'https://example.com/mark-of-a-link' };
    await data(201, working.post('/api/attachments', link));
    const form = new FormData();
    form.set('linked_type', 'task');
    form.set('linked_id', execution.task_id);
    form.set('file', new Blob(['mark-of-a-file']), 'a file');
    const file = await data(201, working.post('/api/attachments', form));
    const agent = await data(201, working.post('/api/agents', { name: 'A helper', prefix: 'WALK' }));
    await data(201, working.post(`/api/agents/${agent.id}/keys`, { label: 'mark-of-a-key' }));
    await data(201, working.post(`/api/backlogs/${agent.slug}`, { title: 'mark-of-a-backlog' }));
    const labelled = { name: 'mark-of-a-label', project_id: project.id };
    const projectLabel = await data(201, working.post('/api/labels/', labelled));
    const trigger = await data(
      201,
      working.post(`${place}/triggers`, { name: 'mark-of-a-trigger', task_id: execution.task_id }),
    );
    const webhook = { url: 'https://example.com/mark-of-a-webhook', events: ['task.created'] };
    const hook = await data(201, working.post('/api/webhooks/', { ...webhook, project_id: project.id }));
    const label = { label: 'mark-of-a-token', scopes: ['tasks.read'] };
    const token = await data(201, working.post('/api/personal-access-tokens/', label));
    const user = await data(
      201,
      working.post('/api/users/', {
        username: 'mark-of-a-user',
        email: 'mark-of-a-user@example.com',
        full_name: 'mark-of-a-user',
        password: 'a long password of nobody 7',
        role: 'viewer',
      }),
    );
    const ids = {
      session_id: session.session_id,
      project_id: project.id,
      task_id: execution.task_id,
      comment_id: comment.id,
      label_id: projectLabel.id,
      trigger_id: trigger.id,
      document_id: plan.id,
      attachment_id: file.id,
      artifact_id: kept.artifacts[0].id,
      version: '1',
      execution_id: execution.execution_id,
      command_id: execution.execution_id,
      webhook_id: hook.id,
      // its webhook is sent nothing
      delivery_id: nobody,
      token_id: token.id,
      user_id: user.id,
      agent_id: agent.id,
    };
    return [owner, ids];
  };

  /** Reads everything that is opened to a client. @returns which marks are shown by which routes */
  const shownTo = async (client: Client, ids: Record<string, string>): Promise<Record<string, string[]>> => {
    const shown: Record<string, string[]> = {};
    for (const { name, method, template } of closed()) {
      // what a stream shows is tested with it
      if (method !== 'GET' || template === stream) continue;
      const path = template.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
        const value = ids[parameter];
        if (value === undefined) throw new Error(`The walk has no ${parameter} for ${name}`);
        return value;
      });
      const query: Record<string, string> = path.endsWith('/search') ? { q: 'mark' } : {};
      const answer = await client.get(path, { query });
      const refused = [403, 404].includes(answer.status);
      if (!refused && answer.status !== 200) throw new Error(`${name}: ${answer.status}`);
      const text = refused ? '' : answer.bytes.toString();
      const isShown = (mark: string) =>
        text.includes(mark) || (mark in idOfMark && text.includes(ids[idOfMark[mark]!]!));
      for (const mark of Object.keys(marks)) if (isShown(mark)) (shown[mark] ??= []).push(name);
    }
    return shown;
  };

  test('a response to a token contains only data of its scopes, whatever the route', async () => {
    const [owner, ids] = await makeWorld();
    const all = await shownTo(owner, ids);
    expect(Object.keys(all).toSorted()).toEqual(Object.keys(marks).toSorted());
    // an administrator sees the webhooks and tokens of the history of its session, so the walk would notice them
    for (const mark of [
      'mark-of-a-task',
      'mark-of-a-project',
      'mark-of-a-webhook',
      'mark-of-a-token',
      'mark-of-a-user',
    ])
      expect(all[mark]).toContain('GET /api/sessions/{session_id}/history');
    for (const scope of Object.keys(opened)) {
      const { token } = await data(
        201,
        owner.post('/api/personal-access-tokens/', { label: scope, scopes: [scope] }),
      );
      const shown = await shownTo(owner.withToken(token), ids);
      const beyond = Object.entries(shown).filter(([mark]) => !marks[mark]?.includes(scope));
      expect([scope, beyond]).toEqual([scope, []]);
      const expected = Object.keys(all).filter((mark) => marks[mark]?.includes(scope));
      expect([scope, Object.keys(shown).toSorted()]).toEqual([scope, expected.toSorted()]);
    }
  });

  test('no request of these tests causes an internal error', async () => {
    const admin = await app.admin.createUser('admin');
    const answers = await called(
      admin,
      closed().filter(({ name }) => !name.includes('maintenance')),
    );
    expect(answers.filter(([, answer]) => answer.startsWith('5'))).toEqual([]);
    await data(200, app.admin.get('/api/system/info'));
  });
});
