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
const stopTimeoutMs = 20_000;

/** A server process, started as an operator would start it: `node dist/bundle/main.js ROLE`. */
export class ServerProcess {
  /** All descendant processes that were seen; they must end with this process. */
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

  /** The id of the started process, which is the supervisor when run as root, and else the server itself. */
  get supervisorPid(): number {
    return this.child?.pid ?? 0;
  }

  /** The id of the server process; also available after its end. */
  get pid(): number {
    this.servingPid ??= servingProcess(this.supervisorPid);
    return this.servingPid ?? this.supervisorPid;
  }

  /** Returns the id of the launcher, which starts the commands; undefined while there is none. */
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

  /** True when the process ended although no test stopped it. */
  get hasDied(): boolean {
    return this.exit !== undefined && !this.expectsExit;
  }

  /** Starts the process, for the first time or again, without waiting until it is ready. */
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
    // 'exit' and not 'close', since a remaining child process may hold the pipes
    child.on('exit', (code, signal) => (this.exit = { code, signal }));
  }

  /** Sends a signal to the started process. SIGKILL, which a supervisor cannot pass on, is sent to the server itself. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const { pid } = this;
    this.offspring.push(...(await descendants(this.supervisorPid)));
    this.expectsExit = true;
    if (signal === 'SIGKILL' && pid !== this.supervisorPid) endProcess(pid);
    else this.child?.kill(signal);
  }

  /**
   * Sends a signal and waits for the end of the process.
   * @throws with the log when it does not end within 20 s; it is killed then
   */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    if (!this.isRunning) return this.exit ?? { code: null, signal: null };
    await this.signal(signal);
    try {
      return await this.exited(stopTimeoutMs);
    } catch {
      this.child?.kill('SIGKILL');
      throw new Error(
        `The ${this.role} process did not end within ${stopTimeoutMs} ms of ${signal}.\n${this.logTail()}`,
      );
    }
  }

  /** Kills the process with SIGKILL and waits for its end. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** Waits for the end of the process, by itself or by a signal. */
  async exited(timeout = 10_000): Promise<Exit> {
    this.expectsExit = true;
    return until(() => this.exit, { timeout, what: `the end of the ${this.role} process` });
  }

  /** Returns the last lines of its output for a failure message. */
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
