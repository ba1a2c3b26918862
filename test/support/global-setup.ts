import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TestProject } from 'vitest/node';
import { buildDist, root } from './build.js';
import { databaseUrl, query, templateName } from './database.js';
import { freePort } from './free-port.js';
import { namespacesWork } from './namespaces.js';
import { ensureRedisServer } from './redis-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the maintenance database of the Postgres for this test run. */
    postgresUrl: string;
    /** Whether commands can be isolated on this host. */
    namespaces: boolean;
  }
}

type Embedded = typeof import('../../src/infra/embedded-postgres/embedded-postgres.js');
type Sources = typeof import('../../src/infra/data-source.js');

const built = async <M>(path: string): Promise<M> =>
  (await import(pathToFileURL(join(root, 'dist', path)).href)) as M;

/** Prepares a test run: the build, a Postgres with a migrated template database, and the program redis-server. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const projects = project.vitest.projects.map(({ name }) => name);
  await buildDist();
  project.provide('namespaces', await namespacesWork());
  if (projects.every((name) => name === 'unit' || name === 'host')) return undefined;
  if (projects.some((name) => name === 'redis' || name === 'cluster')) await ensureRedisServer();

  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
  await chmod(dataDir, 0o755);
  const { startEmbeddedPostgres } = await built<Embedded>('infra/embedded-postgres/embedded-postgres.js');
  const log = { info: () => undefined, warn: console.warn, error: console.error };
  const postgres = await startEmbeddedPostgres({ dataDir, log, tcpPort: await freePort() });
  const teardown = async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await disableDurability(postgres.url);
    await query(postgres.url, `CREATE DATABASE ${templateName}`);
    await migrate(databaseUrl(postgres.url, templateName));
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('postgresUrl', postgres.url);
  return teardown;
}

/** Turns off durability: no test cuts the power, and waiting for the disk takes most of the time of a small transaction. */
async function disableDurability(url: string): Promise<void> {
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes'])
    await query(url, `ALTER SYSTEM SET ${name} = off`);
  await query(url, 'SELECT pg_reload_conf()');
}

async function migrate(url: string): Promise<void> {
  const { createDataSource } = await built<Sources>('infra/data-source.js');
  const dataSource = createDataSource({
    url,
    poolSize: 2,
    applicationName: 'test-template',
    allEntities: true,
  });
  await dataSource.initialize();
  await dataSource.runMigrations();
  await dataSource.destroy();
}
