import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../dist/infra/embedded-postgres/embedded-postgres.js';
import { copyForPeers } from './data/bare.mjs';
import { seed } from './data/seed.mjs';
import { freePort } from './support/child.mjs';
import { Millrace } from './support/millrace.mjs';
import { startRedis } from './support/redis.mjs';

/** The environment of the benchmarks: Postgres, Redis, databases with data, and servers, each created at its first use. */
export class World {
  #postgres;
  #redis;
  #children = [];
  #databases = new Map();

  constructor() {
    // the data in a folder of BENCH_DIR is reused by the next run
    this.kept = process.env.BENCH_DIR !== undefined;
    this.folder = process.env.BENCH_DIR ?? mkdtempSync(join(tmpdir(), 'millrace-bench-'));
    mkdirSync(this.folder, { recursive: true });
  }

  /** Returns the URL of a database with a number of tasks, and with the peers' table of them. */
  database(tasks) {
    return this.#once(`tasks_${tasks}`, async (url) => {
      console.log(`making ${tasks.toLocaleString('en-GB')} tasks`);
      const begun = Date.now();
      await seed(url, tasks);
      if (tasks <= 100_000) await this.query(url, copyForPeers);
      console.log(`made them in ${Math.round((Date.now() - begun) / 1000)} s`);
    });
  }

  /** Creates a database with accounts, projects and a number of tasks. @returns its URL */
  async fresh(name, tasks = 0) {
    const server = await this.#server();
    await this.query(server, (db) => db.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    const filled = tasks === 0 ? this.#once('tasks_0', (url) => seed(url, 0)) : this.database(tasks);
    const template = new URL(await filled).pathname.slice(1);
    await this.query(server, (db) => db.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
    return this.#address(server, name);
  }

  /** Returns the process of Redis. */
  redis() {
    return (this.#redis ??= startRedis(this.directory('redis')));
  }

  async redisUrl() {
    return (await this.redis()).url;
  }

  /** Starts a Millrace server. It is stopped by `stop` or at the end. */
  async millrace(environment, role) {
    const dataDir = this.directory(`data-${this.#children.length}`);
    return this.keep(await Millrace.start({ DATA_DIR: dataDir, ...environment }, role));
  }

  keep(child) {
    this.#children.push(child);
    return child;
  }

  async stop(...children) {
    for (const child of children) {
      this.#children = this.#children.filter((other) => other !== child);
      await child.stop();
    }
  }

  async query(url, work) {
    const db = new Client({ connectionString: url });
    await db.connect();
    try {
      return await work(db);
    } finally {
      await db.end();
    }
  }

  directory(name) {
    const path = join(this.folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Stops the programs that a benchmark has not stopped. */
  async clear() {
    await this.stop(...this.#children.toReversed());
  }

  async close() {
    await this.clear();
    if (this.#redis) await (await this.#redis).stop();
    if (this.#postgres) await (await this.#postgres).stop();
    if (!this.kept) rmSync(this.folder, { recursive: true, force: true });
  }

  async #server() {
    const log = { info: () => undefined, warn: console.warn, error: console.error };
    // Postgres has a TCP port, since the servers and the peers run as other users
    this.#postgres ??= freePort().then((tcpPort) =>
      startEmbeddedPostgres({ dataDir: this.directory('postgres'), log, tcpPort }),
    );
    return (await this.#postgres).url;
  }

  #address(server, name) {
    const url = new URL(server);
    url.pathname = `/${name}`;
    return url.href;
  }

  #once(name, fill) {
    const made = this.#databases.get(name) ?? this.#make(name, fill);
    this.#databases.set(name, made);
    return made;
  }

  /** Creates a database under a temporary name and renames it when it is filled, so that an existing one is always complete. */
  async #make(name, fill) {
    const server = await this.#server();
    const url = this.#address(server, name);
    await this.query(server, async (db) => {
      const { rows } = await db.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (rows.length > 0) return;
      await db.query(`DROP DATABASE IF EXISTS ${name}_new WITH (FORCE)`);
      await db.query(`CREATE DATABASE ${name}_new`);
      await fill(this.#address(server, `${name}_new`));
      await db.query(`ALTER DATABASE ${name}_new RENAME TO ${name}`);
    });
    return url;
  }
}
