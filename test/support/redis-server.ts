import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { ensureProgram } from './needed-program.js';
import { until } from './until.js';

const run = promisify(execFile);

/**
 * Makes sure that the program redis-server is installed, without its service.
 * @throws with a sentence that names the package to install
 */
export async function ensureRedisServer(): Promise<void> {
  if (!(await ensureProgram('redis-server'))) return;
  // systemd starts the service after the installation
  await run('systemctl', ['disable', '--now', 'redis-server'])
    .catch(() => run('service', ['redis-server', 'stop']))
    .catch(() => undefined);
}

/**
 * A Redis server for one app. Publish and subscribe ignore database numbers, so apps with a shared server would receive each other's
 * messages. A server takes 20 ms and 8 MB.
 */
export class RedisServer {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(readonly port: number) {}

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  private get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Starts the server again, empty and on the same port, after `stop` or `kill`; a running one is left unchanged. */
  async start(): Promise<void> {
    if (this.isRunning) return;
    const args = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--maxmemory-policy',
      'noeviction',
    ];
    const child = spawn('redis-server', args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    child.stdout
      .setEncoding('utf8')
      .on('data', (text: string) => (this.output = (this.output + text).slice(-4_000)));
    await until(() => this.isReady(), { what: 'redis-server to answer' }).catch((error: Error) => {
      throw new Error(`${error.message}\n${this.output}`);
    });
  }

  /** Removes all data, as a restart without persistence does. */
  async flush(): Promise<void> {
    await this.use((client) => client.flushall());
  }

  /** Runs commands on a new connection. */
  async use<T>(work: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(this.url, { retryStrategy: () => null, lazyConnect: true });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await work(client);
    } finally {
      client.disconnect();
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (child === undefined || !this.isRunning) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  /** Suspends the server: its connections stay open without responses. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  private async isReady(): Promise<boolean> {
    if (this.child?.exitCode !== null) throw new Error('redis-server ended');
    return this.use(async (client) => (await client.ping()) === 'PONG').catch(() => false);
  }
}
