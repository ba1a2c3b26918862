import { randomBytes } from 'node:crypto';
import { Client, type QueryResultRow } from 'pg';

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
  private constructor(
    private readonly serverUrl: string,
    readonly name: string,
  ) {}

  static async create(serverUrl: string): Promise<TestDatabase> {
    const name = `test_${randomBytes(6).toString('hex')}`;
    await query(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${templateName}`);
    return new TestDatabase(serverUrl, name);
  }

  get url(): string {
    return databaseUrl(this.serverUrl, this.name);
  }

  async drop(): Promise<void> {
    await query(this.serverUrl, `DROP DATABASE IF EXISTS ${this.name} WITH (FORCE)`);
  }
}
