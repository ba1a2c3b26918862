import { Client } from 'pg';
import type { ServerAddress } from './address.js';
import { codeOf, EmbeddedPostgresError } from './errors.js';
import { superuser } from './initdb.js';

/** The database that Millrace uses. */
export const databaseName = 'millrace';

// processes of several versions may share one Postgres, so the name cannot change
const applicationName = 'millrace presence';

/**
 * One idle connection for as long as this process uses Postgres. Other processes count these connections to see whether it is still
 * used, and this one is notified at once when Postgres is gone. The connection of a killed process ends without any cleanup.
 */
export class UsageConnection {
  private left = false;

  private constructor(private readonly client: Client) {}

  /**
   * Connects, and creates the database when it is missing.
   *
   * @param onLost called once when the connection ends without {@link UsageConnection.end}.
   */
  static async open(
    server: ServerAddress,
    password: string,
    onLost: (usage: UsageConnection) => void,
  ): Promise<UsageConnection> {
    let client: Client;
    try {
      client = await connect(server, password, databaseName);
    } catch (error) {
      if (codeOf(error) !== '3D000') throw error;
      await createDatabase(server, password);
      client = await connect(server, password, databaseName);
    }
    const usage = new UsageConnection(client);
    client.once('end', () => {
      if (usage.left) return;
      usage.left = true;
      onLost(usage);
    });
    return usage;
  }

  /** Whether a new connection can be opened now. */
  static async canConnect(server: ServerAddress, password: string): Promise<boolean> {
    try {
      const client = await connect(server, password, databaseName, 'millrace probe');
      await client.end();
      return true;
    } catch {
      return false;
    }
  }

  get isConnected(): boolean {
    return !this.left;
  }

  /** Whether no other process uses Postgres. */
  async isLast(): Promise<boolean> {
    const { rows } = await this.client.query<{ others: number }>(
      'SELECT count(*)::int AS others FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()',
      [applicationName],
    );
    return rows[0]?.others === 0;
  }

  async end(): Promise<void> {
    if (this.left) return;
    this.left = true;
    await this.client.end().catch(() => undefined);
  }
}

async function createDatabase(server: ServerAddress, password: string): Promise<void> {
  const client = await connect(server, password, 'postgres');
  try {
    await client.query(`CREATE DATABASE ${databaseName}`);
  } catch (error) {
    const anotherWasFirst = codeOf(error) === '42P04' || codeOf(error) === '23505';
    if (!anotherWasFirst) throw error;
  } finally {
    await client.end();
  }
}

async function connect(
  server: ServerAddress,
  password: string,
  database: string,
  name = applicationName,
): Promise<Client> {
  const client = new Client({
    host: server.host,
    port: server.port,
    user: superuser,
    password,
    database,
    ssl: false,
    application_name: name,
    keepAlive: true,
    connectionTimeoutMillis: 60_000,
  });
  // Without a listener the loss of the connection would end the process; `end` follows and is what we act on.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    if (codeOf(error) !== '28P01') throw error;
    throw new EmbeddedPostgresError(
      'PASSWORD_LOST',
      'Postgres refuses the password in the data folder. Restore the file postgres.password from a backup.',
    );
  }
}
