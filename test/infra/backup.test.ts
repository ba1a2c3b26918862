import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/infra/embedded-postgres/embedded-postgres.js';
import { cleanUp, query, run, silent, temporaryFolder } from './harness.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const dataDirs: string[] = [];
afterEach(() => cleanUp(dataDirs));

test('a dump connects over a Unix socket, given as the host of DATABASE_URL or as a parameter', async () => {
  const folder = await temporaryFolder();
  // what has a meaning in a URL must come through
  const dataDir = join(folder, 'a data%2Folder');
  dataDirs.push(dataDir);
  const postgres = await startEmbeddedPostgres({ dataDir, log: silent });
  await query(postgres.url, `CREATE TABLE kept AS SELECT 'by the socket' AS note`);
  const programs = join(folder, 'programs');
  await mkdir(programs);
  const dump = join(import.meta.dirname, 'fixtures/dump.mjs');
  await writeFile(join(programs, 'pg_dump'), `#!/bin/sh\nexec '${process.execPath}' '${dump}' "$@"\n`, {
    mode: 0o755,
  });

  const parameter = new URL(postgres.url);
  parameter.host = 'localhost:1';
  parameter.searchParams.set('host', join(dataDir, 'postgres/socket'));
  parameter.searchParams.set('port', '5432');
  for (const [index, url] of [postgres.url, parameter.href].entries()) {
    const file = join(folder, `dump-${index}`);
    await run(process.execPath, [join(import.meta.dirname, '../../scripts/backup.mjs'), 'backup', file], {
      env: { PATH: `${programs}:${process.env['PATH']}`, DATABASE_URL: url, DATA_DIR: folder },
    });
    expect(await readFile(file, 'utf8')).toBe('by the socket');
  }
  await postgres.stop();
});
