import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import { Client } from '../support/client.js';
import { until } from '../support/until.js';
import { data, nobody, refusal, countValues } from './steps.js';

const app = useApp();
const userFields = [
  'avatar_url',
  'created_at',
  'disabled',
  'email',
  'full_name',
  'id',
  'kind',
  'last_login',
  'max_running',
  'permissions',
  'role',
  'tier',
  'updated_at',
  'username',
  'version',
];

test('an administrator creates, lists, shows and changes users', async () => {
  const made = await data(
    201,
    app.admin.post('/api/users/', {
      username: 'Ada.Lovelace',
      password: 'a long password',
      email: 'Ada@Example.org',
      full_name: 'Ada 100%_\\',
    }),
  );
  expect(Object.keys(made).toSorted()).toEqual(userFields);
  expect(made).toMatchObject({
    username: 'ada.lovelace',
    email: 'ada@example.org',
    role: 'developer',
    tier: 'standard',
    disabled: false,
    last_login: null,
    version: 1,
  });
  const path = `/api/users/${made.id}`;
  expect(await data(200, app.admin.get(path))).toEqual(made);
  for (const search of ['100%_\\', 'lovelace', 'ADA@', '%_\\']) {
    const { items, total } = await data(200, app.admin.get('/api/users/', { query: { search } }));
    expect([search, items, total]).toEqual([search, [made], 1]);
  }
  expect(await data(200, app.admin.get('/api/users/', { query: { search: '___' } }))).toMatchObject({
    total: 0,
  });
  const changed = await data(
    200,
    app.admin.put(path, { role: 'viewer', tier: 'premium', full_name: null, version: 1 }),
  );
  expect(changed).toMatchObject({ role: 'viewer', tier: 'premium', permissions: ['read'], version: 2 });
  expect(changed.full_name).toBeNull();
  for (const stale of [
    app.admin.put(path, { full_name: 'x', version: 1 }),
    app.admin.put(path, { full_name: 'x' }, { headers: { 'if-match': '"1"' } }),
  ]) {
    const answer = await stale;
    expect(await refusal(answer)).toBe('409 VERSION_CONFLICT');
    expect(answer.body.error.details.current_version).toBe(2);
  }
  expect(await refusal(app.admin.get(`/api/users/${nobody}`))).toBe('404 RESOURCE_NOT_FOUND');
  expect(await refusal(app.admin.put(`/api/users/${nobody}`, {}))).toBe('404 RESOURCE_NOT_FOUND');
  expect(await refusal(app.admin.get('/api/users/not-an-id'))).toBe('422 VALIDATION_INVALID_FORMAT');
});

test('names and email addresses are unique, regardless of case', async () => {
  const user = { username: 'grace', password: 'a long password', email: 'grace@example.org' };
  await data(201, app.admin.post('/api/users/', user));
  for (const again of [
    { ...user, username: 'GRACE', email: 'other@example.org' },
    { ...user, username: 'hopper', email: 'GRACE@example.org' },
  ]) {
    expect(await refusal(app.admin.post('/api/users/', again))).toBe('409 RESOURCE_ALREADY_EXISTS');
  }
  const twice = { username: 'twice', password: 'a long password', email: 'twice@example.org' };
  const answers = await Promise.all([1, 2, 3].map(() => app.admin.post('/api/users/', twice)));
  expect(countValues(answers.map(({ status }) => String(status)))).toEqual({ 201: 1, 409: 2 });
});

test('an invalid user is refused with the error code of the problem', async () => {
  const user = { username: 'linus', password: 'a long password', email: 'linus@example.org' };
  const faults: [Record<string, unknown>, string][] = [
    [{ username: undefined }, 'VALIDATION_REQUIRED_FIELD'],
    [{ username: 'li' }, 'VALIDATION_VALUE_TOO_SHORT'],
    [{ username: 'l'.repeat(65) }, 'VALIDATION_VALUE_TOO_LONG'],
    [{ username: 'with space' }, 'VALIDATION_INVALID_FORMAT'],
    [{ password: 'short' }, 'VALIDATION_VALUE_TOO_SHORT'],
    [{ password: '12345678' }, 'VALIDATION_ERROR'],
    [{ email: 'no address' }, 'VALIDATION_INVALID_FORMAT'],
    [{ avatar_url: 'javascript:alert(1)' }, 'VALIDATION_INVALID_FORMAT'],
    [{ role: 'root' }, 'VALIDATION_ERROR'],
    [{ full_name: 'NUL \0' }, 'VALIDATION_INVALID_FORMAT'],
  ];
  for (const [fields, code] of faults)
    expect([fields, await refusal(app.admin.post('/api/users/', { ...user, ...fields }))]).toEqual([
      fields,
      `422 ${code}`,
    ]);
});

test('a common password is refused, whoever sets it', async () => {
  const person = await app.admin.createUser('developer');
  const { username, email, id } = person.user;
  const change = (new_password: string) =>
    person.put('/api/users/password', { current_password: person.credentials!.password, new_password });
  for (const password of ['password', 'Iloveyou!', 'aaaaaaaaaa', username, email]) {
    const answers = [await app.admin.put(`/api/users/${id}`, { password }), await change(password)];
    for (const [index, { status, body }] of answers.entries())
      expect([status, body.error?.code, body.error?.details]).toEqual([
        422,
        'VALIDATION_ERROR',
        { field: index === 0 ? 'password' : 'new_password', issue: expect.stringMatching(/^The password /) },
      ]);
  }
  expect((await change('a much better one')).status).toBe(200);
});

test('users can be managed by administrators only', async () => {
  for (const role of ['viewer', 'developer'] as const) {
    const person = await app.admin.createUser(role);
    const path = `/api/users/${person.user.id}`;
    for (const answer of [
      person.get('/api/users/'),
      person.get(path),
      person.put(path, { role: 'admin' }),
      person.post('/api/users/', {
        username: 'mallory',
        password: 'a long password',
        email: 'm@example.org',
        role: 'admin',
      }),
    ])
      expect(await refusal(answer)).toBe('403 AUTH_INSUFFICIENT_PERMISSIONS');
  }
});

test('the last administrator cannot be demoted or disabled', async () => {
  const path = `/api/users/${app.admin.user.id}`;
  for (const change of [{ role: 'viewer' }, { disabled: true }])
    expect(await refusal(app.admin.put(path, change))).toBe('409 RESOURCE_IN_USE');
});

test('two administrators who demote or disable each other concurrently leave one', async () => {
  let two = await Promise.all([app.admin.createUser('admin'), app.admin.createUser('admin')]);
  const pathOf = ({ user }: Client) => `/api/users/${user.id}`;
  await data(200, two[0].put(pathOf(app.admin), { role: 'developer' }));
  for (let round = 0; round < 20; round += 1) {
    const change = round % 4 === 3 ? { disabled: true } : { role: 'viewer' };
    const [one, other] = two;
    const answers = await Promise.all([one.put(pathOf(other), change), other.put(pathOf(one), change)]);
    const left = await app.query("SELECT id FROM users WHERE role = 'admin' AND NOT disabled");
    // the slower one finds itself no administrator any more
    const winner = answers[0].status === 200 ? one : other;
    const loser = winner === one ? other : one;
    expect([round, countValues(answers.map(({ status }) => String(status)))['200'], left]).toEqual([
      round,
      1,
      [{ id: winner.user.id }],
    ]);
    await data(200, winner.put(pathOf(loser), { role: 'admin', disabled: false }));
    // disabling a user ends the sessions
    two = [winner, round % 4 === 3 ? await loser.as(loser.credentials!) : loser];
  }
  await data(200, two[0].put(pathOf(app.admin), { role: 'admin' }));
  for (const each of two) await data(200, app.admin.put(pathOf(each), { role: 'viewer' }));
});

test('a disabled account and a new role take effect immediately in every process', async () => {
  const person = await app.admin.createUser('developer');
  const path = `/api/users/${person.user.id}`;
  const at = app.apis.map((server) => Object.assign(new Client(() => server.url), { token: person.token }));
  const everywhere = async (expected: string) => {
    for (const client of at) {
      const look = async () => {
        const answer = await client.post('/api/projects/', {});
        return `${answer.status} ${answer.body.error?.code}` === expected;
      };
      // below the 5 s after which a process would ask again by itself
      await until(look, { timeout: 3_000, what: expected });
    }
  };
  await everywhere('422 VALIDATION_REQUIRED_FIELD');
  await data(200, app.admin.put(path, { role: 'viewer' }));
  await everywhere('403 AUTH_INSUFFICIENT_PERMISSIONS');
  await data(200, app.admin.put(path, { role: 'developer' }));
  await everywhere('422 VALIDATION_REQUIRED_FIELD');
  await data(200, app.admin.put(path, { disabled: true }));
  await everywhere('403 AUTH_ACCOUNT_DISABLED');
  const byToken = app.anonymous().post('/api/auth/refresh', { refresh_token: person.refreshToken });
  expect((await byToken).status).toBe(401);
  // tokens from before stay ended when the account is opened again
  await data(200, app.admin.put(path, { disabled: false }));
  await everywhere('401 AUTH_TOKEN_INVALID');
  await person.as(person.credentials!);
});

test('an administrator resets a password, which invalidates the tokens of the user', async () => {
  const person = await app.admin.createUser('viewer');
  await data(200, app.admin.put(`/api/users/${person.user.id}`, { password: 'given by the admin' }));
  await until(async () => (await person.get('/api/projects/')).status === 401, { timeout: 3_000 });
  const again = await person.as({ username: person.user.username, password: 'given by the admin' });
  expect((await again.get('/api/projects/')).status).toBe(200);
});

test('no response, activity or log contains a password or its hash', async () => {
  const secrets = [
    'one very secret password',
    'another very secret password',
    'a third very secret password',
  ];
  const [first, second, third] = secrets as [string, string, string];
  const user = { username: 'secretive', password: first, email: 'secretive@example.org' };
  const made = await app.admin.post('/api/users/', user);
  const path = `/api/users/${made.body.data.id}`;
  const answers = [
    made,
    await app.admin.post('/api/users/', user),
    await app.admin.put(path, { password: second, email: 'no address' }),
    await app.admin.put(path, { password: second }),
    await app.admin.get(path),
    await app.admin.get('/api/users/'),
    await app.anonymous().post('/api/auth/login', { username: 'secretive', password: third }),
  ];
  const owner = await app.anonymous().as({ username: 'secretive', password: second });
  answers.push(await owner.put('/api/users/password', { current_password: second, new_password: third }));
  const rows = await app.query('SELECT * FROM activity WHERE entity_id = $1', [made.body.data.id]);
  expect(rows.length).toBeGreaterThanOrEqual(4);
  const logs = app.processes.map(({ stdout, stderr }) => stdout + stderr);
  const shown = JSON.stringify([answers.map(({ body }) => body), rows, logs]);
  for (const secret of [...secrets, '$argon2', 'password_hash']) expect(shown).not.toContain(secret);
});
