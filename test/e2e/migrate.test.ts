import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { createDataSource } from '../../src/infra/data-source.js';
import type { migrate } from '../../src/infra/migrate.js';
import { root } from '../support/build.js';
import { databaseUrl, query } from '../support/database.js';

interface Built {
  migrate: typeof migrate;
  createDataSource: typeof createDataSource;
}
// the migrations are found beside the compiled sources
const built = async (file: string) => (await import(join(root, 'dist/infra', file))) as Built;

test('processes that start together on an empty database migrate it once', async () => {
  const { migrate: run } = await built('migrate.js');
  const server = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = databaseUrl(server, name);
  await query(server, `CREATE DATABASE ${name}`);
  try {
    const starts = Array.from({ length: 3 }, () => run({ url, applicationName: 'test-migrate' }));
    expect(await Promise.allSettled(starts)).toEqual(
      starts.map(() => ({ status: 'fulfilled', value: undefined })),
    );
    const counts = await query<{ all: number; names: number }>(
      url,
      'SELECT count(*)::int AS all, count(DISTINCT name)::int AS names FROM migrations',
    );
    expect(counts[0]!.all).toBeGreaterThan(10);
    expect(counts[0]!.names).toBe(counts[0]!.all);
  } finally {
    await query(server, `DROP DATABASE ${name} WITH (FORCE)`);
  }
});

test('a migration has no time limit', async () => {
  const { createDataSource: create } = await built('data-source.js');
  const settings = { url: inject('postgresUrl'), poolSize: 1, applicationName: 'test-migrate' };
  const limits = async (forMigrations: boolean) => {
    const source = await create({ ...settings, forMigrations }).initialize();
    try {
      return [await source.query('SHOW statement_timeout'), source.options.extra.query_timeout];
    } finally {
      await source.destroy();
    }
  };
  expect(await limits(true)).toEqual([[{ statement_timeout: '0' }], 0]);
  expect(await limits(false)).toEqual([[{ statement_timeout: '30s' }], 35_000]);
});
