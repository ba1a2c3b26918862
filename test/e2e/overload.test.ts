import { Client as Postgres } from 'pg';
import { expect, test } from 'vitest';
import { useApp } from '../support/app.js';
import type { Answer } from '../support/client.js';
import { until } from '../support/until.js';
import { refusal } from './steps.js';

/** More than may wait for a connection, in each of two API processes. */
const requests = 600;

const app = useApp({ env: { DATABASE_POOL_SIZE: '2' } });

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
