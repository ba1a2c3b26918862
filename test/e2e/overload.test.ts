import { Client as Postgres } from 'pg';
import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Answer } from '../support/client.js';
import { until } from '../support/until.js';
import { refusal } from './steps.js';

/** More than may wait for a connection, in each of two API processes. */
const requests = 600;

const app = useApp({ env: { DATABASE_POOL_SIZE: '2', TRUST_PROXY: '127.0.0.1' } });

test('requests beyond what can wait are refused with SYSTEM_OVERLOADED, and all is well afterwards', async () => {
  const blocker = new Postgres({ connectionString: app.databaseUrl });
  await blocker.connect();
  let answers: Promise<Answer | undefined>[] = [];
  try {
    await blocker.query('BEGIN');
    await blocker.query('LOCK TABLE projects IN ACCESS EXCLUSIVE MODE');
    const send = () => app.admin.get('/api/projects/').catch(() => undefined);
    answers = Array.from({ length: requests }, send);
    // the others wait for the table, so whoever is answered first was refused
    const refused = await Promise.race(answers);
    expect(await refusal(refused!)).toBe('503 SYSTEM_OVERLOADED');
    expect(refused?.headers.get('retry-after')).toBe('1');
  } finally {
    await blocker.end();
    await Promise.all(answers);
  }
  await until(async () => (await app.admin.get('/api/projects/')).status === 200, {
    what: 'requests to be answered again',
  });
});

test('a crowd that signs in from one address waits for itself, and nobody else for it', async () => {
  const at = await app.adminAt(app.apis[0]!);
  const finished: string[] = [];
  const signIn = async (address: string) => {
    const headers = { 'x-forwarded-for': address };
    const { status } = await at.post('/api/auth/login', at.credentials, { headers });
    finished.push(address);
    return status;
  };
  const crowd = Array.from({ length: 150 }, () => signIn('10.9.0.1'));
  // some are refused since too many wait, and those that wait are not done
  await until(() => finished.length > 0);
  expect(await signIn('10.9.0.2')).toBe(200);
  expect(finished.length).toBeLessThan(120);
  const statuses = await Promise.all(crowd);
  expect(new Set(statuses)).toEqual(new Set([200, 429]));
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(100);
});
