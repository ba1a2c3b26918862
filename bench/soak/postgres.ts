import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../test/support/build.js';
import { query } from '../../test/support/database.js';
import { freePort } from '../../test/support/free-port.js';

type Embedded = typeof import('../../src/infra/embedded-postgres/embedded-postgres.js');

/** A Postgres that the soak starts, and that its supervisor here restarts after a crash, independently of Millrace. */
export class ExternalPostgres {
  private constructor(
    readonly folder: string,
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<ExternalPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-soak-postgres-'));
    await chmod(folder, 0o755);
    const module = join(root, 'dist/infra/embedded-postgres/embedded-postgres.js');
    const { startEmbeddedPostgres } = (await import(pathToFileURL(module).href)) as Embedded;
    const log = { info: () => undefined, warn: () => undefined, error: console.error };
    const tcpPort = await freePort();
    const start = () => startEmbeddedPostgres({ dataDir: folder, log, tcpPort });
    let server = await start();
    if (Object.keys(settings).length > 0) {
      for (const [name, value] of Object.entries(settings))
        await query(server.url, `ALTER SYSTEM SET ${name} = '${value}'`);
      await server.stop();
      server = await start();
    }
    return new ExternalPostgres(folder, server.url, async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });
  }
}

/** Returns the URL of the embedded Postgres in a data folder. @throws before it has been created */
export async function embeddedUrl(dataDir: string): Promise<string> {
  const password = (await readFile(join(dataDir, 'postgres.password'), 'utf8')).trim();
  return `postgres://millrace:${password}@${encodeURIComponent(join(dataDir, 'postgres/socket'))}:5432/millrace`;
}

/** Returns the process id of the postmaster whose data is in a folder. */
export async function postmasterOf(folder: string): Promise<number> {
  const [pid] = (await readFile(join(folder, 'postgres/postmaster.pid'), 'utf8')).split('\n');
  return Number(pid);
}
