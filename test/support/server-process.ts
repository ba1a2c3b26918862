import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { root } from './build.js';
import { commandLine, descendants, endProcess, servingProcess, type ProcessId } from './process-table.js';
import { until } from './until.js';

export type Role = 'all' | 'api' | 'worker';
export type Environment = Record<string, string | undefined>;

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const keptLog = 64 * 1024;
const stopPatience = 20_000;

/** One process of the product, as an operator would start it: `node dist/bundle/main.js ROLE`. */
export class ServerProcess {
  /** Every process this one was seen to have below it; they must be gone when it is. */
  readonly offspring: ProcessId[] = [];
  stdout = '';
  stderr = '';
  exit: Exit | undefined;
  private child: ChildProcess | undefined;
  private servingPid: number | undefined;
  private expectsExit = false;

  constructor(
    readonly role: Role,
    readonly port: number,
    private readonly environment: Environment,
    private readonly command: string[] = [process.execPath, join(root, 'dist/bundle/main.js')],
  ) {}

  /** The process that was started: as root a supervisor, else the server itself. */
  get supervisorPid(): number {
    return this.child?.pid ?? 0;
  }

  /** The process that serves; known also after its end. */
  get pid(): number {
    this.servingPid ??= servingProcess(this.supervisorPid);
    return this.servingPid ?? this.supervisorPid;
  }

  /** The process that starts its commands; undefined while there is none. */
  async launcherPid(): Promise<number | undefined> {
    for (const { pid } of await descendants(this.supervisorPid))
      if ((await commandLine(pid)).includes('launcher-main')) return pid;
    return undefined;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.exit === undefined;
  }

  /** True when it ended though no test asked it to. */
  get hasDied(): boolean {
    return this.exit !== undefined && !this.expectsExit;
  }

  /** Starts it, for the first time or again; does not wait until it is ready. */
  start(): void {
    if (this.isRunning) throw new Error(`the ${this.role} process runs already`);
    const [program = '', ...args] = this.command;
    this.exit = undefined;
    this.servingPid = undefined;
    this.expectsExit = false;
    const child = spawn(program, [...args, this.role], {
      cwd: root,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    child.stdout
      .setEncoding('utf8')
      .on('data', (text: string) => (this.stdout = (this.stdout + text).slice(-keptLog)));
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (this.stderr = (this.stderr + text).slice(-keptLog)));
    child.on('error', (error) => (this.stderr += error.message));
    // not 'close': a process left behind may hold the pipes
    child.on('exit', (code, signal) => (this.exit = { code, signal }));
  }

  /** Sends a signal that it need not survive: to the one that was started, and what nobody can pass on to the one that serves. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const { pid } = this;
    this.offspring.push(...(await descendants(this.supervisorPid)));
    this.expectsExit = true;
    if (signal === 'SIGKILL' && pid !== this.supervisorPid) endProcess(pid);
    else this.child?.kill(signal);
  }

  /**
   * Asks it to end, and waits.
   * @throws with its log when it is not gone within 20 s (it is killed then)
   */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (!this.isRunning) return this.exit ?? { code: null, signal: null };
    await this.signal(signal);
    try {
      return await this.exited(stopPatience);
    } catch {
      this.child?.kill('SIGKILL');
      throw new Error(
        `The ${this.role} process did not end within ${stopPatience} ms of ${signal}.\n${this.logTail()}`,
      );
    }
  }

  /** Ends it without a chance to tidy up, and waits until it is gone. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** Waits until it has ended by itself or by a signal. */
  async exited(timeout = 10_000): Promise<Exit> {
    this.expectsExit = true;
    return until(() => this.exit, { timeout, what: `the end of the ${this.role} process` });
  }

  /** The end of what it wrote, for a failure. */
  logTail(lines = 40): string {
    const last = (text: string) => text.trimEnd().split('\n').slice(-lines).join('\n');
    const state = this.exit ? `ended with ${this.exit.signal ?? `exit code ${this.exit.code}`}` : 'running';
    return [
      `--- ${this.role} (process ${this.pid}, port ${this.port}, ${state})`,
      last(this.stdout),
      last(this.stderr),
    ]
      .filter(Boolean)
      .join('\n');
  }
}
