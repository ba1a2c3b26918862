import { join } from 'node:path';
import { Client } from 'pg';
import { Api } from './api.mjs';
import { Child, freePort } from './child.mjs';

export const root = join(import.meta.dirname, '../..');
const entry = join(root, 'dist/bundle/main.js');

/** The user of all benchmarks, created by `data/seed.mjs`. */
export const account = { username: 'bench', password: 'bench-password' };

/** A Millrace process, started as by `npm start`. */
export class Millrace extends Child {
  constructor(role, port, environment) {
    const { BENCH_NODE_OPTIONS: options = '', PATH, HOME } = process.env;
    const env = {
      PATH,
      HOME,
      PORT: String(port),
      RATE_LIMIT_ENABLED: 'false',
      WEBHOOK_ALLOW_PRIVATE: 'true',
      LOG_LEVEL: 'warn',
      ADMIN_PASSWORD: account.password,
      ...environment,
    };
    super(`millrace ${role}`, process.execPath, [...options.split(' ').filter(Boolean), entry, role], {
      env,
      cwd: root,
    });
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts a process and waits until it is healthy, or until a worker takes work. */
  static async start(environment, role = 'all') {
    const server = new Millrace(role, await freePort(), environment);
    try {
      if (role === 'worker') await server.until(() => takesWork(server.pid, environment.DATABASE_URL));
      else await server.until(() => server.isHealthy());
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  isHealthy() {
    return fetch(`${this.url}/api/health`).then(
      (answer) => answer.ok,
      () => false,
    );
  }

  /** Signs in. @returns a client of the user */
  async signIn(who = account) {
    const { access_token } = await new Api(this.url).call('POST', '/api/auth/login', who);
    return new Api(this.url, access_token);
  }
}

async function takesWork(pid, url) {
  const db = new Client({ connectionString: url });
  await db.connect();
  try {
    return (await db.query('SELECT 1 FROM workers WHERE pid = $1', [pid])).rowCount > 0;
  } finally {
    await db.end();
  }
}
