import { createHmac } from 'node:crypto';
import { hash } from '@node-rs/argon2';
import { describe, expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Answer, Client } from '../support/client.js';
import { mode } from '../support/mode.js';
import { until } from '../support/until.js';
import { data, nobody, refusal, countValues } from './steps.js';

const JWT_SECRET = 'the signing secret of the authentication tests';
// every guesser below comes from an address of its own, so that one test does not slow down the next
const app = useApp({ env: { JWT_SECRET, TRUST_PROXY: '127.0.0.1' } });

let lastAddress = 0;
const elsewhere = (): Client => app.anonymous().with({ 'x-forwarded-for': `10.1.0.${(lastAddress += 1)}` });
const login = (client: Client, username: string, password: string) =>
  client.post('/api/auth/login', { username, password });
const profile = (token: string | undefined) =>
  app.anonymous().get('/api/projects/', { headers: { authorization: `Bearer ${token}` } });
const refreshWith = (token: string) => app.anonymous().post('/api/auth/refresh', { refresh_token: token });

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const claimsOf = (token: string | undefined) =>
  JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
/** Signs a token with a known secret. */
function forge(claims: object, secret = JWT_SECRET, alg = 'HS256', hash = 'sha256'): string {
  const signed = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
  const signature = alg === 'none' ? '' : createHmac(hash, secret).update(signed).digest('base64url');
  return `${signed}.${signature}`;
}

describe('login', () => {
  test('returns an access token, its lifetime and the user', async () => {
    const { credentials } = await app.admin.createUser('developer', { full_name: 'John Doe' });
    const { username, password } = credentials!;
    const answer = await login(app.anonymous(), username.toUpperCase(), password);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      data: {
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        token_type: 'bearer',
        expires_in: 3600,
        refresh_token: expect.any(String),
        refresh_expires_in: 30 * 86_400,
        user: expect.objectContaining({
          id: expect.any(String),
          username,
          email: `${username}@example.org`,
          full_name: 'John Doe',
          role: 'developer',
          permissions: ['read', 'write', 'execute'],
        }),
      },
      error: null,
      meta: { timestamp: expect.any(String), request_id: expect.any(String), version: expect.any(String) },
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/password|argon2/);
    expect((await profile(answer.body.data.access_token)).status).toBe(200);
  });

  test('accepts a name and a password in any Unicode normalisation', async () => {
    const composed = 'tr\u00e8s s\u00e9cret, \ufb01n';
    const person = await app.admin.createUser('viewer');
    const id = person.user.id as string;
    await data(200, app.admin.put(`/api/users/${id}`, { password: composed }));
    const { username } = person.credentials!;
    const wide = username.replaceAll(/[a-z]/g, (letter) =>
      String.fromCharCode(letter.charCodeAt(0) + 0xfee0),
    );
    for (const name of [username, wide])
      for (const password of [composed, composed.normalize('NFD'), composed.normalize('NFKD')])
        expect([name, password, (await login(elsewhere(), name, password)).status]).toEqual([
          name,
          password,
          200,
        ]);
    // a hash of before was made of what was typed
    const typed = composed.normalize('NFD');
    await app.query('UPDATE users SET password_hash = $2 WHERE id = $1', [id, await hash(typed)]);
    expect((await login(elsewhere(), username, typed)).status).toBe(200);
    expect((await login(elsewhere(), username, 'another')).status).toBe(401);
  });

  test('responds to an unknown name as to a wrong password', async () => {
    const { credentials } = await app.admin.createUser('viewer');
    const wrong = await login(elsewhere(), credentials!.username, 'not the password');
    const unknown = await login(elsewhere(), 'nobody-of-this-name', 'not the password');
    expect(await refusal(wrong)).toBe('401 AUTH_INVALID_CREDENTIALS');
    expect([unknown.status, unknown.body.error]).toEqual([wrong.status, wrong.body.error]);
  });

  test('refuses a disabled account, and reveals that only for the correct password', async () => {
    const { credentials, user } = await app.admin.createUser('viewer');
    await data(200, app.admin.put(`/api/users/${user.id}`, { disabled: true }));
    const { username, password } = credentials!;
    expect(await refusal(login(elsewhere(), username, password))).toBe('403 AUTH_ACCOUNT_DISABLED');
    expect(await refusal(login(elsewhere(), username, 'a guess'))).toBe('401 AUTH_INVALID_CREDENTIALS');
  });

  test('reports missing fields', async () => {
    expect(await refusal(app.anonymous().post('/api/auth/login', { username: 'x' }))).toBe(
      '422 VALIDATION_REQUIRED_FIELD',
    );
    expect(await refusal(app.anonymous().post('/api/auth/login'))).toBe('422 VALIDATION_REQUIRED_FIELD');
  });
});

test('an access token belongs to one session of one user', async () => {
  const [one, other] = await Promise.all([
    app.admin.createUser('developer'),
    app.admin.createUser('developer'),
  ]);
  const claims = claimsOf(one.token);
  expect((await profile(forge(claims))).status).toBe(200);
  expect((await profile(forge({ ...claims, sub: other.user.id }))).status).toBe(401);
});

describe('an access token', () => {
  test('is required', async () => {
    const answer = await app.anonymous().get('/api/tasks/');
    expect(await refusal(answer)).toBe('401 AUTH_TOKEN_MISSING');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('must be signed by the server, unchanged and valid at this time', async () => {
    const { token } = app.admin;
    const claims = claimsOf(token);
    const seconds = Math.floor(Date.now() / 1000);
    expect((await profile(forge(claims))).status).toBe(200);
    const [head, body, signature] = token!.split('.');
    const bad = {
      expired: forge({ ...claims, exp: seconds - 1 }),
      'not yet valid': forge({ ...claims, nbf: seconds + 600 }),
      'another secret': forge(claims, 'another secret of more than 32 characters'),
      'alg none': forge(claims, '', 'none'),
      'another algorithm': forge(claims, JWT_SECRET, 'HS512', 'sha512'),
      'an old epoch': forge({ ...claims, epoch: -1 }),
      'no session': forge({ ...claims, sid: undefined }),
      'an unknown session': forge({ ...claims, sid: nobody }),
      'no time of the sign-in': forge({ ...claims, auth_time: undefined }),
      'an unknown user': forge({ ...claims, sub: '01890000-0000-7000-8000-000000000000' }),
      'changed claims': `${head}.${part({ ...claims, sub: 'someone' })}.${signature}`,
      'without signature': `${head}.${body}.`,
      rubbish: 'rubbish',
      empty: '',
    };
    for (const [what, bearer] of Object.entries(bad))
      expect([what, await refusal(profile(bearer))]).toEqual([what, '401 AUTH_TOKEN_INVALID']);
    const basic = app.anonymous().get('/api/tasks/', { headers: { authorization: 'Basic YTpi' } });
    expect(await refusal(basic)).toBe('401 AUTH_TOKEN_INVALID');
  });
});

describe('refresh', () => {
  test('by access token issues another token and keeps the old one valid', async () => {
    const user = await app.admin.createUser('viewer');
    const renewed = await data(200, user.post('/api/auth/refresh'));
    expect(renewed).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 3600,
    });
    for (const token of [renewed.access_token, user.token]) expect((await profile(token)).status).toBe(200);
    expect(await refusal(app.anonymous().post('/api/auth/refresh'))).toBe('401 AUTH_TOKEN_MISSING');
    const rubbish = app.anonymous().post('/api/auth/refresh', undefined, {
      headers: { authorization: 'Bearer rubbish' },
    });
    expect(await refusal(rubbish)).toBe('401 AUTH_TOKEN_INVALID');
  });

  test('by access token ends when the login is older than the lifetime of a refresh token', async () => {
    const user = await app.admin.createUser('viewer');
    const claims = claimsOf(user.token);
    const month = 30 * 86_400;
    const since = (seconds: number) =>
      app.anonymous().withToken(forge({ ...claims, auth_time: Math.floor(Date.now() / 1000) - seconds }));
    const last = await data(200, since(month - 600).post('/api/auth/refresh'));
    expect(last.expires_in).toBeGreaterThan(0);
    expect(last.expires_in).toBeLessThanOrEqual(600);
    expect(claimsOf(last.access_token)).toMatchObject({ sid: claims['sid'], sub: claims['sub'] });
    const late = await since(month).post('/api/auth/refresh');
    expect([await refusal(late), late.body.error.details]).toEqual([
      '401 AUTH_TOKEN_INVALID',
      { reason: 'the sign-in is too old to be renewed' },
    ]);
    // a refresh token, which rotates, stays valid; its access tokens contain the time of the login
    const { access_token } = await data(200, refreshWith(user.refreshToken!));
    expect(claimsOf(access_token)).toMatchObject({ sid: claims['sid'], auth_time: claims['auth_time'] });
  });

  test('by refresh token rotates it, and reuse ends that session only', async () => {
    const user = await app.admin.createUser('viewer');
    const other = await user.as(user.credentials!);
    const second = await data(200, refreshWith(user.refreshToken!));
    expect(second.refresh_token).not.toBe(user.refreshToken);
    expect((await profile(second.access_token)).status).toBe(200);
    const third = await data(200, refreshWith(second.refresh_token));
    expect(await refusal(refreshWith(user.refreshToken!))).toBe('401 AUTH_TOKEN_INVALID');
    expect(await refusal(refreshWith(third.refresh_token))).toBe('401 AUTH_TOKEN_INVALID');
    await until(async () => (await profile(third.access_token)).status === 401);
    const rows = await app.query("SELECT actor_id FROM activity WHERE action = 'refresh_token_reused'");
    expect(rows).toEqual([{ actor_id: null }]);
    expect((await refreshWith(other.refreshToken!)).status).toBe(200);
    expect(await refusal(refreshWith('rubbish'))).toBe('401 AUTH_TOKEN_INVALID');
  });

  test('twice at once with one refresh token counts as reuse', async () => {
    const user = await app.admin.createUser('viewer');
    for (let round = 0; round < 5; round += 1) {
      const { refreshToken } = await user.as(user.credentials!);
      const answers = await Promise.all(Array.from({ length: 4 }, () => refreshWith(refreshToken!)));
      expect(countValues(answers.map(({ status }) => String(status)))).toEqual({ 200: 1, 401: 3 });
      const next = answers.find(({ status }) => status === 200)?.body.data.refresh_token;
      expect(await refusal(refreshWith(next))).toBe('401 AUTH_TOKEN_INVALID');
    }
  });
});

test('a password change invalidates every earlier token in every process', async () => {
  const user = await app.admin.createUser('developer');
  const { username, password } = user.credentials!;
  const changing = { current_password: password, new_password: 'the next password' };
  const wrong = user.put('/api/users/password', { ...changing, current_password: 'a guess' });
  expect(await refusal(wrong)).toBe('401 AUTH_INVALID_CREDENTIALS');
  expect(await refusal(user.put('/api/users/password', { ...changing, new_password: 'short' }))).toBe(
    '422 VALIDATION_VALUE_TOO_SHORT',
  );
  expect((await profile(user.token)).status).toBe(200);

  const account = () => data(200, app.admin.get(`/api/users/${user.user.id}`));
  const before = await account();
  await data(200, user.put('/api/users/password', changing));
  const { version, updated_at } = await account();
  expect([version, updated_at > before.updated_at]).toEqual([before.version + 1, true]);
  for (const { url } of app.apis) {
    const look = async () => {
      const headers = { authorization: `Bearer ${user.token}` };
      return (await fetch(`${url}/api/projects/`, { headers })).status === 401;
    };
    // below the 5 s after which a process would ask again by itself
    await until(look, { timeout: 3_000, what: `the old token to be refused at ${url}` });
  }
  expect(await refusal(refreshWith(user.refreshToken!))).toBe('401 AUTH_TOKEN_INVALID');
  expect(await refusal(login(elsewhere(), username, password))).toBe('401 AUTH_INVALID_CREDENTIALS');
  expect((await login(elsewhere(), username, 'the next password')).status).toBe(200);
});

describe('failed logins', () => {
  const from = (address: string): Client => app.anonymous().with({ 'x-forwarded-for': address });
  const isSlowedDown = async (answer: Answer, limit = 10, window = 900) => {
    expect(await refusal(answer)).toBe('429 RATE_LIMIT_EXCEEDED');
    const wait = Number(answer.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(window);
    expect(answer.body.error.details).toMatchObject({ limit, window });
  };
  const guess = async (client: Client, username: string, times = 10) => {
    const answers = await Promise.all(
      Array.from({ length: times }, () => refusal(login(client, username, 'a guess'))),
    );
    expect(countValues(answers)).toEqual({ '401 AUTH_INVALID_CREDENTIALS': times });
  };

  test('ten failures block a name for their address only', async () => {
    const { credentials } = await app.admin.createUser('viewer');
    const { username, password } = credentials!;
    const guesser = elsewhere();
    await guess(guesser, username);
    await isSlowedDown(await login(guesser, username, password));
    await isSlowedDown(await login(guesser, username.toUpperCase(), 'a guess'));
    expect((await login(elsewhere(), username, password)).status).toBe(200);
  });

  test('a user who shares the address of failed logins can log in', async () => {
    const { credentials } = await app.admin.createUser('viewer');
    const { username, password } = credentials!;
    const guesser = elsewhere();
    for (let failure = 0; failure < 10; failure += 1) await guess(guesser, `no-such-name-${failure}`, 1);
    await guess(guesser, 'no-such-name');
    expect((await login(guesser, username, password)).status).toBe(200);
  });

  test('IPv6 addresses of one /64 network count as one', async () => {
    const name = 'no-such-name-of-six';
    for (let host = 1; host <= 10; host += 1) await guess(from(`2001:db8:7:7::${host}`), name, 1);
    await isSlowedDown(await login(from('2001:db8:7:7:ffff::1'), name, 'a guess'));
    await guess(from('2001:db8:7:8::1'), name, 1);
  });

  // counted like the others above; it takes 61 checks of a password, of 20 ms
  if (mode === 'single') {
    test('many failures for a name limit unknown addresses to one attempt at a time; a known one can log in', async () => {
      const { credentials } = await app.admin.createUser('viewer');
      const { username, password } = credentials!;
      const home = elsewhere();
      expect((await login(home, username, password)).status).toBe(200);
      await Promise.all([1, 2, 3, 4, 5].map(() => guess(elsewhere(), username)));
      // one is let through, with a right password or a wrong one
      await guess(elsewhere(), username, 1);
      await isSlowedDown(await login(elsewhere(), username, password), 1, 30);
      expect((await login(home, username, password)).status).toBe(200);
    });
  }

  test('concurrent attempts count towards the limit of ten', async () => {
    const { credentials } = await app.admin.createUser('viewer');
    const { username, password } = credentials!;
    const guesser = elsewhere();
    const guesses = Array.from({ length: 24 }, () => login(guesser, username, 'a guess'));
    expect(countValues(await Promise.all(guesses.map((answer) => refusal(answer))))).toEqual({
      '401 AUTH_INVALID_CREDENTIALS': 10,
      '429 RATE_LIMIT_EXCEEDED': 14,
    });
    await isSlowedDown(await login(guesser, username, password));
  });

  test('a successful login resets the count of failures', async () => {
    const { credentials } = await app.admin.createUser('viewer');
    const { username, password } = credentials!;
    const client = elsewhere();
    for (let round = 0; round < 2; round += 1) {
      await guess(client, username, 9);
      expect((await login(client, username, password)).status).toBe(200);
    }
  });

  test('a check of the current password at a password change is limited in the same way', async () => {
    const user = (await app.admin.createUser('viewer')).with({ 'x-forwarded-for': '10.2.0.1' });
    const wrong = { current_password: 'a guess', new_password: 'whatever it is' };
    for (let failure = 0; failure < 10; failure += 1)
      expect((await user.put('/api/users/password', wrong)).status).toBe(401);
    await isSlowedDown(await user.put('/api/users/password', wrong));
    // the same ten count for signing in
    await isSlowedDown(await login(from('10.2.0.1'), user.credentials!.username, user.credentials!.password));
  });
});
