import { setTimeout as delay } from 'node:timers/promises';
import { LaunchError } from '../../launcher/launch-error.js';
import type { LaunchRequest, RunningProcess } from '../../launcher/launch-types.js';
import type { Keyrings } from '../../launcher/own-keyring.js';
import type { LauncherProcess } from '../../launcher/spawn-launcher.js';
import { LauncherConnection, type Fifo } from './launcher-connection.js';
import { ReadEnd } from './read-end.js';
import { RunHandle, type Pipes } from './run-handle.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Starts a launcher process: this process itself, or, where it is to be root, the supervisor. */
export type StartLauncher = () => Promise<LauncherProcess>;

/**
 * Runs commands by way of a small process, which alone starts, follows and ends them; their output goes
 * straight to this process. When this process ends, in whatever way, all that was started is ended.
 */
export class Launcher {
  private readonly runs = new Map<number, RunHandle>();
  private readonly lostListeners = new Set<() => void>();
  private readonly stopping = new AbortController();
  private current: LauncherConnection | undefined;
  private lastNumber = 0;

  private constructor(private readonly startProcess: StartLauncher) {}

  /** Resolves when the launcher process is ready. @throws LaunchError LAUNCHER_LOST when it cannot be started. */
  static async start(startProcess: StartLauncher): Promise<Launcher> {
    const launcher = new Launcher(startProcess);
    await launcher.connect();
    return launcher;
  }

  /** The launcher process of the moment; 0 while there is none. */
  get pid(): number {
    return this.current?.pid ?? 0;
  }

  /** False while the launcher process is gone and no other could be started yet. */
  get isReady(): boolean {
    return this.current !== undefined;
  }

  /** How runs are marked beyond their environment: `ulimit -w`, `ulimit -x`, `prlimit` or `none`. */
  get mark(): string {
    return this.current?.mark ?? 'none';
  }

  /** What commands that are not isolated can do with keyrings. */
  get keyrings(): Keyrings {
    return this.current?.keyrings ?? 'inherited';
  }

  /** Whether a process of the launcher stands between this process and the pipes of commands. */
  get isRelayed(): boolean {
    return this.current?.isRelayed ?? true;
  }

  /** Starts a command; resolves when it runs. A command that fails is a result, not an error. @throws LaunchError */
  async launch(request: LaunchRequest): Promise<RunningProcess> {
    const connection = this.connected();
    const ends = await openPipes(connection);
    const number = ++this.lastNumber;
    const run = new RunHandle(ends, (graceMs) =>
      connection.send({ type: 'terminate', run: number, graceMs }),
    );
    // it may have been lost while the pipes were made
    if (this.current !== connection) run.fail(lost('no other was there yet'), true);
    else {
      this.runs.set(number, run);
      const { stdout, stderr } = ends;
      connection.send({ ...request, type: 'launch', run: number, stdout: stdout.fifo, stderr: stderr.fifo });
    }
    return run.launched;
  }

  /** Ends every process on this host whose launcher is gone, and gives their number. For the start of a worker. */
  async endOrphans(): Promise<number> {
    return this.connected().endOrphans();
  }

  /** Why bubblewrap does not work with these options; undefined when it does. @throws LaunchError LAUNCHER_LOST */
  async tryIsolation(bubblewrap: string[]): Promise<LaunchError | undefined> {
    return this.connected().tryIsolation(bubblewrap);
  }

  /**
   * Says that this process is alive and owns its runs for so many milliseconds more: when they pass without another
   * word, because it was stopped, everything is ended as if it had been killed.
   */
  stayAlive(forMs: number): void {
    this.current?.send({ type: 'alive', forMs });
  }

  /** Calls back each time the launcher process has died, after what it had started was ended, as far as that could be done. */
  onLost(listener: () => void): void {
    this.lostListeners.add(listener);
  }

  /** Kills every run, waits until it is gone, and ends the launcher process. */
  async close(): Promise<void> {
    if (!this.stopping.signal.aborted) {
      this.stopping.abort();
      await Promise.allSettled([...this.runs.values()].map((run) => run.terminate(0)));
    }
    await this.current?.close();
  }

  private connected(): LauncherConnection {
    if (this.stopping.signal.aborted) throw new LaunchError('LAUNCHER_CLOSED', 'The launcher was closed');
    if (!this.current) throw lost('no other could be started yet');
    return this.current;
  }

  private async connect(): Promise<LauncherConnection> {
    const connection = await LauncherConnection.start(await this.startProcess(), (message) => {
      if (this.runs.get(message.run)?.receive(message)) this.runs.delete(message.run);
    });
    this.current = connection;
    void connection.ended.then(() => this.onEnded(connection));
    return connection;
  }

  /** A fresh launcher process ends what the dead one had started; then those who wait are told. */
  private async onEnded(ended: LauncherConnection): Promise<void> {
    if (this.current === ended) this.current = undefined;
    const runs = [...this.runs.values()];
    this.runs.clear();
    if (this.stopping.signal.aborted) {
      for (const run of runs) run.fail(new LaunchError('LAUNCHER_CLOSED', 'The launcher was closed'), true);
      return;
    }
    const swept = await this.replace().catch(() => false);
    const fate = swept
      ? 'what it had started was ended'
      : 'no other could be started, so commands of it may still run';
    for (const run of runs) run.fail(lost(fate), swept);
    for (const listener of this.lostListeners) listener();
    if (!swept) void this.replaceUntilDone();
  }

  /** @returns true when there is a launcher again and the orphans are gone */
  private async replace(): Promise<boolean> {
    const connection = await this.connect();
    await connection.endOrphans();
    return true;
  }

  private async replaceUntilDone(): Promise<void> {
    const { signal } = this.stopping;
    for (let pause = FIRST_PAUSE_MS; !this.current; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      await this.replace().catch(() => undefined);
    }
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

function openReadEnds([stdout, stderr]: [Fifo, Fifo]): Pipes {
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

const lost = (fate: string) => new LaunchError('LAUNCHER_LOST', `The launcher process died; ${fate}`);
