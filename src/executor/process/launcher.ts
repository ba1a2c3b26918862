import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { LaunchError } from './launch-error.js';
import type { LaunchRequest, RunningProcess } from './launch-types.js';
import { LauncherConnection } from './launcher-connection.js';
import { ReadEnd } from './read-end.js';
import { RunHandle, type Pipes } from './run-handle.js';

export interface LauncherOptions {
  /** Where the private folder of FIFOs is made; by default `/dev/shm`, else the system's folder for temporary files. */
  temporaryDirectory?: string;
}

/**
 * Runs commands by way of a small child process, which alone starts, follows and ends them; their output goes
 * straight to this process. When this process ends, in whatever way, all that was started is ended.
 */
export class Launcher {
  private readonly runs = new Map<number, RunHandle>();
  private readonly lostListeners = new Set<() => void>();
  private connection: Promise<LauncherConnection>;
  private current: LauncherConnection | undefined;
  private lastNumber = 0;
  private closed = false;
  private failed = false;

  private constructor(private readonly temporaryDirectory: string) {
    this.connection = this.connect(false);
  }

  /** Resolves when the child process is ready. @throws LaunchError LAUNCHER_LOST when it cannot be started. */
  static async start(options: LauncherOptions = {}): Promise<Launcher> {
    const launcher = new Launcher(options.temporaryDirectory ?? defaultFolder());
    await launcher.connection;
    return launcher;
  }

  /** The launcher process of the moment; 0 while there is none. */
  get pid(): number {
    return this.current?.pid ?? 0;
  }

  /** How runs are marked beyond their environment: `ulimit -w`, `ulimit -x`, `prlimit` or `none`. */
  get mark(): string {
    return this.current?.mark ?? 'none';
  }

  /** Starts a command; resolves when it runs. A command that fails is a result, not an error. @throws LaunchError */
  async launch(request: LaunchRequest): Promise<RunningProcess> {
    const connection = await this.connected();
    const ends = await openPipes(connection);
    const number = ++this.lastNumber;
    const run = new RunHandle(ends, (graceMs) =>
      connection.send({ type: 'terminate', run: number, graceMs }),
    );
    this.runs.set(number, run);
    connection.send({
      ...request,
      type: 'launch',
      run: number,
      stdout: ends.stdout.path,
      stderr: ends.stderr.path,
    });
    return run.launched;
  }

  /** Ends every process on this host whose launcher is gone, and gives their number. For the start of a worker. */
  async endOrphans(): Promise<number> {
    return (await this.connected()).endOrphans();
  }

  /**
   * Says that this process is alive and has the say over its runs for so many milliseconds more: when they pass without another
   * word, because it was stopped, everything is ended as if it had been killed.
   */
  stayAlive(forMs: number): void {
    this.current?.send({ type: 'alive', forMs });
  }

  /** Calls back each time the launcher process has died, after what it had started was ended. */
  onLost(listener: () => void): void {
    this.lostListeners.add(listener);
  }

  /** Kills every run, waits until it is gone, and ends the launcher process. */
  async close(): Promise<void> {
    if (!this.closed) {
      this.closed = true;
      await Promise.allSettled([...this.runs.values()].map((run) => run.terminate(0)));
    }
    const connection = await this.connection.catch(() => undefined);
    await connection?.close();
  }

  private async connected(): Promise<LauncherConnection> {
    if (this.closed) throw new LaunchError('LAUNCHER_CLOSED', 'The launcher was closed');
    if (this.failed) {
      this.failed = false;
      this.connection = this.connect(true);
    }
    return this.connection;
  }

  private async connect(sweep: boolean): Promise<LauncherConnection> {
    try {
      const connection = await LauncherConnection.start(this.temporaryDirectory, (message) => {
        if (this.runs.get(message.run)?.receive(message)) this.runs.delete(message.run);
      });
      if (sweep) await connection.endOrphans();
      void connection.ended.then(() => this.onEnded());
      this.current = connection;
      return connection;
    } catch (error) {
      this.failed = true;
      throw error;
    }
  }

  /** A fresh launcher process ends what the dead one had started; then those who wait hear of it. */
  private async onEnded(): Promise<void> {
    this.current = undefined;
    const lost = [...this.runs.values()];
    this.runs.clear();
    let error = new LaunchError('LAUNCHER_CLOSED', 'The launcher was closed');
    let swept = true;
    if (!this.closed) {
      this.connection = this.connect(true);
      swept = await this.connection.then(
        () => true,
        () => false,
      );
      const fate = swept
        ? 'what it had started was ended'
        : 'no other could be started, so commands of it may still run';
      error = new LaunchError('LAUNCHER_LOST', `The launcher process died; ${fate}`);
    }
    for (const run of lost) run.fail(error, swept);
    for (const listener of this.closed ? [] : this.lostListeners) listener();
  }
}

async function openPipes(connection: LauncherConnection): Promise<Pipes> {
  try {
    return openReadEnds(await connection.takeFifos());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw asLaunchError(error);
  }
  // Something has cleaned the folder away: once more, with a fresh one.
  connection.dropFifos();
  const fifos = await connection.takeFifos();
  try {
    return openReadEnds(fifos);
  } catch (error) {
    throw asLaunchError(error);
  }
}

function openReadEnds([stdout, stderr]: [string, string]): Pipes {
  const first = new ReadEnd(stdout);
  try {
    return { stdout: first, stderr: new ReadEnd(stderr) };
  } catch (error) {
    first.discard();
    throw error;
  }
}

function asLaunchError(error: unknown): LaunchError {
  if (error instanceof LaunchError) return error;
  const { message, code } = error as NodeJS.ErrnoException;
  return new LaunchError('SPAWN_FAILED', `The pipes could not be opened: ${message}`, code);
}

/** A folder in memory if there is one: ext4 searches past inodes freed within the last seconds, 0.4 ms a FIFO under load. */
function defaultFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}
