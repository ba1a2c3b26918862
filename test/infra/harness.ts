import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll } from 'vitest';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/infra/embedded-postgres/embedded-postgres.js';
import { clusterName } from '../../src/infra/embedded-postgres/postmaster.js';
import { endProcess } from '../support/process-table.js';

export const run = promisify(execFile);
export const isRoot = process.getuid?.() === 0;
export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Up {
  url: string;
  adopted: boolean;
}
type Message = { type: string; message?: string; code?: string } & Partial<Up>;

const folders: string[] = [];
const users: PostgresUser[] = [];

/** A folder that {@link cleanUp} removes; anybody may pass through it. */
export async function temporaryFolder(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, 'millrace-test-'));
  folders.push(folder);
  await chmod(folder, 0o755);
  return folder;
}

/** A process of its own that uses the embedded Postgres of a data folder. */
export class PostgresUser {
  readonly logged: string[] = [];
  private readonly messages: Message[] = [];
  private readonly child: ChildProcess;

  constructor(
    moduleUrl: string,
    dataDir: string,
    { tcpPort, ...as }: { uid?: number; gid?: number; env?: NodeJS.ProcessEnv; tcpPort?: number } = {},
  ) {
    // The fixture is imported from beside the module, since a user of its own may not reach this repository.
    this.child = fork(
      new URL('../../use-postgres.mjs', moduleUrl),
      [moduleUrl, dataDir, String(tcpPort ?? '')],
      {
        execArgv: [],
        cwd: '/',
        ...as,
      },
    );
    this.child.on('message', (message: Message) => {
      if (message.type === 'log') this.logged.push(message.message ?? '');
      else this.messages.push(message);
    });
    users.push(this);
  }

  get isGone(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  async up(): Promise<Up> {
    const { url, adopted, message } = await this.next();
    if (url === undefined || adopted === undefined) throw new Error(`did not come up: ${message}`);
    return { url, adopted };
  }

  async failed(): Promise<Message> {
    const message = await this.next();
    if (message.type !== 'failed') throw new Error(`did not fail: ${JSON.stringify(message)}`);
    return message;
  }

  async tell(command: 'stop' | 'ensureRunning'): Promise<void> {
    this.child.send(command);
    await this.next();
  }

  async killHard(): Promise<void> {
    if (this.isGone) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  private async next(): Promise<Message> {
    await until(() => this.messages.length > 0 || this.isGone);
    const message = this.messages.shift();
    if (!message)
      throw new Error(`the process ended (${this.child.exitCode ?? this.child.signalCode}) without a word`);
    return message;
  }
}

/** Waits for a condition; the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let pause = 5; !(await condition()); pause = Math.min(pause * 1.5, 50)) await delay(pause);
}

/** One statement over a connection of its own. */
export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The processes of the Postgres of a data folder, the postmaster and all others. */
export async function postgresProcesses(dataDir: string): Promise<number[]> {
  const name = await clusterName(join(dataDir, 'postgres')).catch(() => null);
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).map(Number).filter(Boolean)) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (name !== null && commandLine.includes(name)) found.push(pid);
  }
  return found;
}

export async function postmasterPid(dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** Kills a process and returns when the kernel has taken it down. */
export async function killAndWait(pid: number): Promise<void> {
  endProcess(pid);
  await until(async () => !(await isAlive(pid)));
}

/**
 * Registers the clean-up after each test of a file.
 * @returns what makes the path of a data folder, below folders of these names
 */
export function useDataDirs(): (...below: string[]) => Promise<string> {
  const dataDirs: string[] = [];
  afterEach(() => cleanUp(dataDirs));
  return async (...below) => {
    const dataDir = join(await temporaryFolder(), ...below, 'data');
    dataDirs.push(dataDir);
    return dataDir;
  };
}

/** A Postgres that was started on an empty data folder, with a row in the table `kept`. */
export class FirstPostgres {
  dataDir!: string;
  postgres!: EmbeddedPostgres;
  readonly logged: string[] = [];

  async start(): Promise<void> {
    const info = (line: string) => void this.logged.push(line);
    this.postgres = await startEmbeddedPostgres({ dataDir: this.dataDir, log: { ...silent, info } });
  }

  /** Ends it. It and its copies do not wait for the disk from then on, since no test cuts the power. */
  async stop(): Promise<void> {
    await this.postgres.stop();
    await appendFile(join(this.dataDir, 'postgres/postgresql.conf'), 'fsync = off\n');
  }

  /** Copies its data, as they are after its end, to the path of a data folder, and returns the path. */
  async copyTo(dataDir: string): Promise<string> {
    await this.stop();
    await mkdir(dirname(dataDir), { recursive: true });
    await run('cp', ['-a', this.dataDir, dataDir]);
    return dataDir;
  }
}

/** Starts a Postgres for all tests of a file. It runs until a test stops or copies it: initdb takes more than a second of processor time. */
export function useFirstPostgres(): FirstPostgres {
  const first = new FirstPostgres();
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-test-'));
    await chmod(folder, 0o755);
    first.dataDir = join(folder, 'data');
    await first.start();
    await query(first.postgres.url, `CREATE TABLE kept AS SELECT 'from the first start' AS note`);
  });
  afterAll(async () => {
    await first.postgres.stop();
    await rm(folder, { recursive: true });
  });
  return first;
}

/** Ends what is left, removes the folders, and fails when a test left a Postgres in one of `dataDirs` behind. */
export async function cleanUp(dataDirs: string[]): Promise<void> {
  await Promise.all(users.splice(0).map((user) => user.killHard()));
  const left = (await Promise.all(dataDirs.splice(0).map(postgresProcesses))).flat();
  await Promise.all(left.map(killAndWait));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  if (left.length > 0) throw new Error(`${left.length} Postgres processes were left behind`);
}

async function isAlive(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== '';
}
