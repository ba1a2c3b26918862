import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueryResultRow } from 'pg';
import { Client } from '../../test/support/client.js';
import { query } from '../../test/support/database.js';
import { freePort } from '../../test/support/free-port.js';
import { leftBehind } from '../../test/support/process-table.js';
import { RedisServer } from '../../test/support/redis-server.js';
import { ServerProcess, type Environment, type Role } from '../../test/support/server-process.js';
import { until } from '../../test/support/until.js';
import { concurrently } from './concurrently.js';
import { workerLabels } from './placement.js';
import { embeddedUrl, ExternalPostgres } from './postgres.js';

export type Mode = 'single' | 'redis' | 'cluster';

export interface TestClusterOptions {
  mode: Mode;
  /** Whether Millrace runs its embedded Postgres. */
  embedded?: boolean;
  roles?: Role[];
  env?: Environment;
  /** The settings of the external Postgres. */
  postgres?: Record<string, string>;
}

const rolesOf: Record<Mode, Role[]> = {
  single: ['all'],
  redis: ['all'],
  cluster: ['api', 'api', 'worker', 'worker'],
};
const password = 'the admin of the soak';
const timeoutMs = 120_000;

/** The running clusters, which an interrupted soak stops. */
const running = new Set<TestCluster>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void Promise.allSettled([...running].map((cluster) => cluster.stop())).then(() => process.exit(130));
  });

/** A cluster under test with Postgres and Redis, each part of which can be killed and restarted. */
export class TestCluster {
  readonly processes: ServerProcess[] = [];
  readonly mark = `MILLRACE_SOAK=${randomBytes(8).toString('hex')}`;
  postgres: ExternalPostgres | undefined;
  redis: RedisServer | undefined;
  dataDir!: string;
  admin!: Client;
  private turn = 0;

  private constructor(readonly options: TestClusterOptions) {}

  static async start(options: TestClusterOptions): Promise<TestCluster> {
    const cluster = new TestCluster(options);
    running.add(cluster);
    try {
      await cluster.open();
    } catch (error) {
      await cluster.stop().catch(() => undefined);
      throw error;
    }
    return cluster;
  }

  get apis(): ServerProcess[] {
    return this.processes.filter(({ role }) => role !== 'worker');
  }

  get workers(): ServerProcess[] {
    return this.processes.filter(({ role }) => role !== 'api');
  }

  /** The parent of the data folder of Postgres. */
  get postgresFolder(): string {
    return this.postgres?.folder ?? this.dataDir;
  }

  /** Returns the URL of a running `api` process, in turn. */
  nextUrl(): string {
    const running = this.apis.filter(({ isRunning }) => isRunning);
    return (running[this.turn++ % (running.length || 1)] ?? this.apis[0])?.url ?? '';
  }

  /** Runs a statement on the cluster's database; waits while Postgres is unreachable. */
  async query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    const ask = async () => ({ rows: await query<Row>(await this.databaseUrl(), text, values) });
    return (await until(ask, { timeout: timeoutMs, what: 'Postgres to answer' })).rows;
  }

  /** Waits until all processes serve. */
  async ready(): Promise<void> {
    await this.query('SELECT 1');
    await Promise.all(this.processes.map((server) => this.serves(server)));
  }

  /** Stops everything. @returns the faults: processes that did not end or were left running */
  async stop(): Promise<string[]> {
    if (!running.delete(this)) return [];
    const faults: string[] = [];
    const stopped = await Promise.allSettled(this.processes.map((server) => server.stop()));
    for (const result of stopped)
      if (result.status === 'rejected') faults.push((result.reason as Error).message);
    const known = this.processes.flatMap(({ offspring }) => offspring);
    const gone = async () => (await leftBehind(this.mark, this.dataDir, known)).length === 0;
    await until(gone, { timeout: 10_000, what: 'all processes to be gone' }).catch((error: Error) =>
      faults.push(error.message),
    );
    await this.redis?.stop();
    await this.postgres?.stop();
    await rm(this.dataDir, { recursive: true, force: true });
    return faults;
  }

  private async open(): Promise<void> {
    const { mode, embedded, roles = rolesOf[mode], env } = this.options;
    this.dataDir = await mkdtemp(join(tmpdir(), 'millrace-soak-'));
    await chmod(this.dataDir, 0o755);
    if (!embedded) this.postgres = await ExternalPostgres.start(this.options.postgres);
    if (mode !== 'single') this.redis = await RedisServer.start();
    const common: Environment = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      // commands write to a log in a folder of the soak, which `bwrap` would hide from them
      EXECUTOR_ISOLATION: 'none',
      [this.mark.split('=')[0] ?? '']: this.mark.split('=')[1],
      DATA_DIR: this.dataDir,
      DATABASE_URL: this.postgres?.url,
      REDIS_URL: this.redis?.url,
      DATABASE_POOL_SIZE: '8',
      ADMIN_PASSWORD: password,
      RATE_LIMIT_ENABLED: 'false',
      WEBHOOK_ALLOW_PRIVATE: 'true',
      LOG_LEVEL: 'warn',
      ...env,
    };
    for (const role of roles) {
      const port = await freePort();
      const ofWorker = { WORKER_LABELS: this.labelsOfNext(role) };
      this.processes.push(new ServerProcess(role, port, { ...common, ...ofWorker, PORT: String(port) }));
    }
    // many concurrent starts would take longer than a few at a time
    await concurrently(4, this.processes, async (server) => {
      // a process that failed to start has stopped the cluster
      if (!running.has(this)) return;
      server.start();
      await this.serves(server);
    });
    this.admin = await new Client(() => this.nextUrl()).as({ username: 'admin', password });
  }

  /** Each worker has one of the labels of the soak, and a single one has both. */
  private labelsOfNext(role: Role): string {
    if (role === 'all') return workerLabels.join();
    return workerLabels[this.workers.length % workerLabels.length]!;
  }

  private databaseUrl(): string | Promise<string> {
    return this.postgres?.url ?? embeddedUrl(this.dataDir);
  }

  private async serves(server: ServerProcess): Promise<void> {
    const isReady = async (): Promise<boolean> => {
      if (server.exit) return true;
      if (server.role !== 'worker' && !(await fetch(`${server.url}/api/health/`)).ok) return false;
      if (server.role === 'api') return true;
      return (await this.query('SELECT 1 FROM workers WHERE pid = $1', [server.pid])).length > 0;
    };
    await until(isReady, { timeout: timeoutMs, what: `the ${server.role} process to serve` }).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${server.logTail()}`);
      },
    );
    if (server.exit) throw new Error(`A process ended by itself\n${server.logTail()}`);
  }
}
