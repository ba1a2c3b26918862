import { describe, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import { expectStatus } from '../support/client.js';
import { data, fault, makeProject, makeSession, makeTask } from '../sessions/steps.js';

const app = useSharedApp();
const profile = '/api/users/profile';

describe('the profile of a user', () => {
  test('is available to every role, as the contract specifies', async () => {
    const permissions = {
      viewer: ['read'],
      developer: ['read', 'write', 'execute'],
      admin: ['read', 'write', 'execute', 'admin'],
    };
    for (const role of ['viewer', 'developer', 'admin'] as const) {
      const person = await app.admin.createUser(role, { full_name: 'John Doe' });
      expect(await data(200, person.get(profile))).toEqual({
        id: person.user.id,
        kind: 'person',
        username: person.user.username,
        email: person.user.email,
        full_name: 'John Doe',
        avatar_url: null,
        role,
        permissions: permissions[role],
        tier: 'standard',
        created_at: expect.any(String),
        updated_at: expect.any(String),
        max_running: null,
        last_login: expect.any(String),
        version: 1,
        preferences: {
          theme: 'system',
          language: 'en',
          timezone: 'UTC',
          notifications: { email: true, push: false, task_updates: true, project_updates: true },
          dashboard_layout: { widgets: ['tasks', 'projects', 'performance'], columns: 3 },
        },
        statistics: {
          tasks_created: 0,
          tasks_completed: 0,
          projects_created: 0,
          total_login_time: '00:00:00',
        },
      });
    }
    await expectStatus(401, app.anonymous().get(profile));
  });

  test('contains statistics', async () => {
    const [person, other] = [
      await app.admin.createUser('developer'),
      await app.admin.createUser('developer'),
    ];
    const project = await makeProject(person, { visibility: 'internal' });
    const mine = await makeTask(person, project);
    const theirs = await makeTask(person, project, { assigned_to: other.user.id });
    await makeTask(person, project);
    for (const { id } of [mine, theirs])
      await expectStatus(200, person.put(`/api/tasks/${id}`, { status: 'completed' }));
    // 10:00–11:00 and 10:30–12:00 overlap, 25 hours stand alone: 27 hours in all
    const spans = [
      ['2026-01-01T10:00Z', '2026-01-01T11:00Z'],
      ['2026-01-01T10:30Z', '2026-01-01T12:00Z'],
      ['2026-01-02T00:00Z', '2026-01-03T01:00:01Z'],
    ];
    for (const span of spans) {
      const { session_id } = await makeSession(person);
      await app.query(
        'UPDATE sessions SET created_at = $2, last_accessed = $3, expires_at = $3 WHERE id = $1',
        [session_id, ...span],
      );
    }
    const statistics = {
      tasks_created: 3,
      tasks_completed: 1,
      projects_created: 1,
      total_login_time: '27:00:01',
    };
    expect(await data(200, person.get(profile))).toMatchObject({ statistics });
    expect(await data(200, other.get(profile))).toMatchObject({
      statistics: { tasks_created: 0, tasks_completed: 1 },
    });
  });

  test('is changed by its user, except for administrative fields', async () => {
    const [person, other] = [await app.admin.createUser('viewer'), await app.admin.createUser('viewer')];
    const changes = {
      full_name: 'Jane Doe',
      email: 'Jane@Example.com',
      avatar_url: 'https://example.com/jane.png',
    };
    const changed = await data(
      200,
      person.put(profile, { ...changes, role: 'admin', tier: 'premium', version: 1 }),
    );
    expect(changed).toMatchObject({
      ...changes,
      email: 'jane@example.com',
      role: 'viewer',
      tier: 'standard',
      version: 2,
    });
    expect(await data(200, person.get(profile))).toMatchObject({ full_name: 'Jane Doe' });
    expect(await fault(409, other.put(profile, { email: 'JANE@example.com' }))).toBe(
      'RESOURCE_ALREADY_EXISTS email',
    );
    expect(await fault(409, person.put(profile, { full_name: 'J', version: 1 }))).toBe('VERSION_CONFLICT');
    // names are shown in lines of terminals and logs
    expect(await fault(422, person.put(profile, { full_name: 'J\u001b[2J' }))).toMatch(/ full_name$/);
    expect(await fault(409, person.put(profile, {}, { headers: { 'if-match': '"1"' } }))).toBe(
      'VERSION_CONFLICT',
    );
    expect(await fault(422, person.put(profile, { email: 'nobody' }))).toBe(
      'VALIDATION_INVALID_FORMAT email',
    );
    expect(await fault(422, person.put(profile, { avatar_url: 'javascript:alert(1)' }))).toBe(
      'VALIDATION_INVALID_FORMAT avatar_url',
    );
  });
});

describe('user preferences', () => {
  const path = '/api/users/preferences';

  test('are stored and returned as sent', async () => {
    const person = await app.admin.createUser('viewer');
    const preferences = {
      theme: 'light',
      language: 'en',
      timezone: 'America/New_York',
      notifications: { email: false, push: true, task_updates: true, project_updates: false },
      dashboard_layout: { widgets: ['tasks', 'projects', 'performance'], columns: 3 },
    };
    expect(await data(200, person.put(path, preferences))).toEqual({
      preferences,
      updated_at: expect.any(String),
    });
    expect(await data(200, person.get(profile))).toMatchObject({ preferences, version: 2 });
  });

  test('are merged one level deep, with defaults for the rest', async () => {
    const person = await app.admin.createUser('viewer');
    await data(200, person.put(path, { notifications: { push: true, weekly: true }, editor: { tabs: 2 } }));
    const { preferences } = await data(
      200,
      person.put(path, { notifications: { email: false }, editor: { wrap: true }, theme: 'dark' }),
    );
    expect(preferences).toMatchObject({
      theme: 'dark',
      language: 'en',
      notifications: { email: false, push: true, task_updates: true, weekly: true },
      editor: { tabs: 2, wrap: true },
    });
  });

  test('are refused when invalid, stale or too large', async () => {
    const person = await app.admin.createUser('viewer');
    const wrong = {
      theme: 'blinking',
      language: 'en_US',
      timezone: 'Mars/Olympus',
      notifications: { email: 'yes' },
      dashboard_layout: { columns: 0 },
    };
    const fields = {
      theme: 'theme',
      language: 'language',
      timezone: 'timezone',
      notifications: 'notifications.email',
      dashboard_layout: 'dashboard_layout.columns',
    };
    for (const [key, value] of Object.entries(wrong)) {
      const refused = await fault(422, person.put(path, { [key]: value }));
      expect(refused.split(' ')[1]).toBe(fields[key as keyof typeof fields]);
    }
    await expectStatus(422, person.put(path, { timezone: '+01:00' }));
    await expectStatus(422, person.put(path, { text: 'x'.repeat(20_000) }));
    await expectStatus(200, person.put(path, { a: 'x'.repeat(9_000) }));
    expect(await fault(422, person.put(path, { b: 'x'.repeat(9_000) }))).toBe('VALIDATION_VALUE_TOO_LONG');
    expect(await fault(409, person.put(path, { theme: 'dark', version: 1 }))).toBe('VERSION_CONFLICT');
    await expectStatus(401, app.anonymous().put(path, {}));
  });
});
