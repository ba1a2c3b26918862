import { randomBytes } from 'node:crypto';
import { Client, Pool, type QueryResultRow } from 'pg';

export const templateName = 'millrace_template';

export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs a statement on a new connection. */
export async function query<Row extends QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url, application_name: 'test' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** A database for one app, which is a clone of the migrated template. */
export class TestDatabase {
  // a new connection for each statement costs Postgres 60 ms of processor time, in which it reads its catalogue
  private readonly pool: Pool;

  private constructor(
    private readonly serverUrl: string,
    readonly name: string,
  ) {
    this.pool = new Pool({ connectionString: this.url, application_name: 'test', max: 4 });
    this.pool.on('error', () => undefined);
  }

  static async create(serverUrl: string): Promise<TestDatabase> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    // to copy the files costs half the processor time of writing each page to the log
    await query(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${templateName} STRATEGY FILE_COPY`);
    return new TestDatabase(serverUrl, name);
  }

  get url(): string {
    return databaseUrl(this.serverUrl, this.name);
  }

  async query<Row extends QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(text, values)).rows;
  }

  async drop(): Promise<void> {
    await this.pool.end();
    await query(this.serverUrl, `DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`);
  }
}
