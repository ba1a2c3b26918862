// Compares the migrations with the entities, on a Postgres of its own in a temporary folder; works on dist.
//   node scripts/migrations.mjs check            fails when the entities want what the migrations do not make
//   node scripts/migrations.mjs generate NAME    writes the difference as a new migration
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataSource } from '../dist/infra/data-source.js';
import { startEmbeddedPostgres } from '../dist/infra/embedded-postgres/embedded-postgres.js';

const [action, name] = process.argv.slice(2);
if (action !== 'check' && !(action === 'generate' && /^[A-Z][A-Za-z0-9]*$/.test(name ?? ''))) {
  console.error('Usage: migrations.mjs check | generate NameInPascalCase');
  process.exit(2);
}

const difference = await withPostgres(compare);
if (action === 'generate') generate(difference);
else check(difference);

async function withPostgres(work) {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-migrations-'));
  const log = { info: () => undefined, warn: console.warn, error: console.error };
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log });
    try {
      return await work(postgres.url);
    } finally {
      await postgres.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function compare(url) {
  const dataSource = createDataSource({
    url,
    poolSize: 2,
    applicationName: 'millrace-migrations',
    allEntities: true,
  });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
    const { upQueries, downQueries } = await dataSource.driver.createSchemaBuilder().log();
    return { up: upQueries, down: downQueries.toReversed() };
  } finally {
    await dataSource.destroy();
  }
}

function check({ up }) {
  if (up.length === 0) return console.log('The migrations make what the entities describe');
  console.error('The entities want what no migration makes; run npm run migration:generate NAME:');
  for (const { query } of up) console.error(`  ${query}`);
  process.exitCode = 1;
}

function generate({ up, down }) {
  if (up.length === 0)
    return console.log('Nothing to generate: the migrations make what the entities describe');
  const time = Date.now();
  const file = `src/infra/migrations/${time}-${name.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase()}.ts`;
  const lines = (queries) => queries.map((query) => `    ${statement(query)}`).join('\n');
  const text = `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ${name}${time} implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
${lines(up)}
  }

  async down(runner: QueryRunner): Promise<void> {
${lines(down)}
  }
}
`;
  writeFileSync(join(import.meta.dirname, '..', file), text);
  console.log(`${file}: read it, add what TypeORM cannot know, and list it in index.ts`);
}

function statement({ query, parameters }) {
  const text = '`' + query.replace(/[`\\]|\$\{/g, '\\$&') + '`';
  // the parameters of typeorm_metadata begin with the database, which is called otherwise elsewhere
  const values = JSON.stringify(parameters ?? []).replace(
    /^\["millrace"/,
    '[runner.connection.driver.database',
  );
  return `await runner.query(${text}${values === '[]' ? '' : `, ${values}`});`;
}
