import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, inject, test } from 'vitest';
import type { QueryResultRow } from 'pg';
import { Client, type Credentials } from './client.js';
import { TestDatabase } from './database.js';
import { freePort } from './free-port.js';
import { mode, usesRedis } from './mode.js';
import { commandLine, endProcess, leftBehind } from './process-table.js';
import { RedisServer } from './redis-server.js';
import { ServerProcess, type Environment, type Role } from './server-process.js';
import { until } from './until.js';

export interface AppOptions {
  /** Additional environment variables; `undefined` removes one of the defaults. */
  env?: Environment;
  /** The processes to start; by default those of the mode. */
  roles?: Role[] | undefined;
  /** Omits DATABASE_URL, so that the server runs the embedded Postgres in DATA_DIR. */
  embeddedPostgres?: boolean;
  /** Starts a proxy for an address of the database. @returns its own, which the server is given */
  throughProxy?: (databaseUrl: string) => Promise<string>;
  /** The program to start instead of `node dist/bundle/main.js`; the role is appended to its arguments. */
  command?: string[];
}

const rolesOf: Record<typeof mode, Role[]> = {
  single: ['all'],
  redis: ['all'],
  // sockets are served by the second one and runs are done in the first, so that all of their output goes over the bus
  cluster: ['all', 'api'],
};
/** In a cluster one process that serves requests and two that run commands: for tests of the end of one worker. */
export const twoWorkers: Role[] | undefined = mode === 'cluster' ? ['api', 'worker', 'worker'] : undefined;
/**
 * In a cluster two processes that both serve requests and run commands. Each race between processes of separate roles is one between
 * these, which take half as many starts.
 */
export const twoOfBoth: Role[] | undefined = mode === 'cluster' ? ['all', 'all'] : undefined;
// a start takes 3 s on an idle machine
const startTimeoutMs = 90_000;
const exitTimeoutMs = 5_000;
const adminPassword = 'the admin of the tests';

/** The running apps of a test file; `setup.ts` fails a file that does not stop them all. */
export const runningApps = new Set<App>();

/** A running Millrace in the mode of this test run, with a database, a data folder and a Redis of its own. */
export class App {
  readonly processes: ServerProcess[] = [];
  /** The client of the administrator. In a cluster its requests go to the `api` processes in turn. */
  admin!: Client;
  redis: RedisServer | undefined;
  dataDir!: string;
  env!: Environment;
  private readonly mark = `MILLRACE_TEST_APP=${randomBytes(8).toString('hex')}`;
  private database: TestDatabase | undefined;
  private turn = 0;

  constructor(private readonly options: AppOptions = {}) {}

  async start(): Promise<void> {
    runningApps.add(this);
    try {
      await this.open();
    } catch (error) {
      await this.stop().catch(() => undefined);
      throw error;
    }
  }

  /** Starts another process and waits until it is ready. */
  async add(role: Role): Promise<ServerProcess> {
    const port = await freePort();
    const server = new ServerProcess(role, port, { ...this.env, PORT: String(port) }, this.options.command);
    this.processes.push(server);
    server.start();
    await this.ready(server);
    return server;
  }

  /** Restarts a process on its port. */
  async restart(server: ServerProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await server.stop(signal);
    server.start();
    await this.ready(server);
  }

  /** Waits until a started process serves requests and takes work. */
  async ready(server: ServerProcess): Promise<void> {
    const isReady = async (): Promise<boolean> => {
      if (server.exit) return true;
      if (server.role !== 'worker' && !(await fetch(`${server.url}/api/health/`)).ok) return false;
      if (server.role === 'api' || this.options.embeddedPostgres) return true;
      const rows = await this.query('SELECT 1 FROM workers WHERE pid = $1', [server.pid]);
      return rows.length > 0;
    };
    await until(isReady, { timeout: startTimeoutMs, what: `the ${server.role} process to be ready` }).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${server.logTail()}`);
      },
    );
    if (server.exit) throw new Error(`A process ended while it started.\n${server.logTail()}`);
  }

  get apis(): ServerProcess[] {
    return this.processes.filter(({ role }) => role !== 'worker');
  }

  get workers(): ServerProcess[] {
    return this.processes.filter(({ role }) => role !== 'api');
  }

  /** The URL of the first `api` process. */
  get url(): string {
    return this.apis[0]?.url ?? '';
  }

  /** The URL for WebSockets: that of the last `api` process, which in a cluster is not the one of `url`. */
  get wsUrl(): string {
    return (this.apis.at(-1)?.url ?? '').replace(/^http/, 'ws');
  }

  get databaseUrl(): string {
    return this.ownDatabase.url;
  }

  private get ownDatabase(): TestDatabase {
    if (!this.database) throw new Error('An app with an embedded Postgres keeps its address to itself');
    return this.database;
  }

  /** Runs a statement on the app's database. */
  async query<Row extends QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    return this.ownDatabase.query<Row>(text, values);
  }

  /** Returns a client that is not signed in. */
  anonymous(): Client {
    return new Client(() => this.nextUrl());
  }

  /** Signs the administrator in that the first start has created. */
  firstAdmin(): Promise<Client> {
    return this.anonymous().as(this.administrator());
  }

  /** Returns a client of the administrator whose requests go to one process. */
  async adminAt(server: ServerProcess): Promise<Client> {
    return new Client(() => server.url).as(this.administrator());
  }

  /**
   * Stops all processes and removes the app's database, Redis and data folder.
   * @throws when a process does not end, or leaves child processes
   */
  async stop(): Promise<void> {
    if (!runningApps.delete(this)) return;
    const faults: unknown[] = this.deaths();
    const stopped = await Promise.allSettled(this.processes.map((server) => server.stop()));
    for (const result of stopped) if (result.status === 'rejected') faults.push(result.reason);
    faults.push(...(await this.endLeftovers()));
    await this.redis?.stop();
    await this.database?.drop();
    await rm(this.dataDir, { recursive: true, force: true });
    if (faults.length > 0)
      throw new Error(
        faults.map((fault) => (fault instanceof Error ? fault.message : String(fault))).join('\n'),
      );
  }

  /** Returns the messages about processes that ended although no test stopped them. */
  deaths(): string[] {
    return this.processes
      .filter(({ hasDied }) => hasDied)
      .map((server) => `A server process died.\n${server.logTail()}`);
  }

  private async open(): Promise<void> {
    this.dataDir = await mkdtemp(join(tmpdir(), 'millrace-app-'));
    // commands that run as another user must reach the folder, and find its contents closed
    await chmod(this.dataDir, 0o755);
    if (!this.options.embeddedPostgres) this.database = await TestDatabase.create(inject('postgresUrl'));
    if (usesRedis) this.redis = await RedisServer.start();
    const { throughProxy } = this.options;
    const databaseUrl =
      this.database && throughProxy ? await throughProxy(this.database.url) : this.database?.url;
    this.env = this.environment(databaseUrl);
    await Promise.all((this.options.roles ?? rolesOf[mode]).map((role) => this.add(role)));
    this.admin = await this.firstAdmin();
  }

  /** Returns the administrator's credentials; without a configured password, the generated one from the log. */
  private administrator(): Credentials {
    const printed = /^ +password: (\S+)$/m.exec(this.processes.map(({ stdout }) => stdout).join('\n'))?.[1];
    return {
      username: this.env['ADMIN_USERNAME'] ?? 'admin',
      password: this.env['ADMIN_PASSWORD'] ?? printed ?? '',
    };
  }

  private nextUrl(): string {
    const running = this.apis.filter(({ isRunning }) => isRunning);
    const dead = this.deaths();
    if (running.length === 0 && dead.length > 0) throw new Error(dead.join('\n'));
    return (running[this.turn++ % running.length] ?? this.apis[0])?.url ?? '';
  }

  private environment(databaseUrl: string | undefined): Environment {
    return {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      [this.mark.split('=')[0] ?? '']: this.mark.split('=')[1],
      HOST: '127.0.0.1',
      DATA_DIR: this.dataDir,
      DATABASE_URL: databaseUrl,
      // all test files that run at the same time share the 100 connections of Postgres
      DATABASE_POOL_SIZE: '6',
      REDIS_URL: this.redis?.url,
      ADMIN_PASSWORD: adminPassword,
      // commands that a test leaves running would delay its end by the default of 10 s
      GRACE_SECONDS: '1',
      RATE_LIMIT_ENABLED: 'false',
      WEBHOOK_ALLOW_PRIVATE: 'true',
      // many tests exchange files with their commands in a folder, which isolated commands would not see
      EXECUTOR_ISOLATION: 'none',
      ...this.options.env,
    };
  }

  private async endLeftovers(): Promise<string[]> {
    const known = this.processes.flatMap(({ offspring }) => offspring);
    const look = () => leftBehind(this.mark, this.dataDir, known);
    const gone = await until(async () => (await look()).length === 0, { timeout: exitTimeoutMs }).catch(
      () => false,
    );
    if (gone) return [];
    const left = await look();
    const lines = await Promise.all(left.map(commandLine));
    for (const pid of left) endProcess(pid);
    return left.length > 0 ? [`Processes were left behind:\n${lines.join('\n')}`] : [];
  }
}

/** Starts an app. The test must stop it. */
export async function startApp(options?: AppOptions): Promise<App> {
  const app = new App(options);
  await app.start();
  return app;
}

/** Returns an app for all tests of a file or `describe`, started before the first and stopped after the last. */
export function useApp(options?: AppOptions): App {
  const app = new App(options);
  beforeAll(() => app.start(), startTimeoutMs * 2);
  afterAll(() => app.stop(), 60_000);
  return app;
}

/** The app of `useSharedApp`. */
export const sharedApp = new App();
const withSharedApp = test.extend<{ app: App }>({
  app: [
    // oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern what a fixture needs
    async ({}, use) => {
      await sharedApp.start();
      await use(sharedApp);
      await sharedApp.stop();
    },
    { scope: 'worker' },
  ],
});

/**
 * Returns an app that all files share which one worker runs: to start and to stop one takes 3 s of processor time, in a cluster 6 s. Other
 * files leave users, projects, tasks and runs behind in it, so a test must not count what is there, and a file that changes what belongs
 * to all (maintenance, paused queues, webhooks of all projects, a process) uses one of its own. `admin` is an administrator of the file.
 */
export function useSharedApp(): App {
  withSharedApp.beforeAll(async ({ app }) => {
    app.admin = await (await app.firstAdmin()).createUser('admin');
  }, startTimeoutMs * 2);
  return sharedApp;
}
