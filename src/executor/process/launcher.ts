import { setTimeout as delay } from 'node:timers/promises';
import { LaunchError } from '../../launcher/launch-error.js';
import type { LaunchRequest, RunningProcess } from '../../launcher/launch-types.js';
import type { Keyrings } from '../../launcher/own-keyring.js';
import type { LauncherProcess } from '../../launcher/spawn-launcher.js';
import { LauncherConnection, type Fifo } from './launcher-connection.js';
import { ReadEnd } from './read-end.js';
import { RunHandle, type Pipes } from './run-handle.js';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;

/** Starts a launcher process, either as a child or by a request to the supervisor, whose launchers have root rights. */
export type StartLauncher = () => Promise<LauncherProcess>;

/**
 * Runs commands through a launcher process, which starts, tracks and ends them; this process reads their output from pipes. When this
 * process ends in any way, the launcher ends everything that it has started.
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
    launcher.use(await launcher.connect());
    return launcher;
  }

  /** The pid of the current launcher process; 0 while there is none. */
  get pid(): number {
    return this.current?.pid ?? 0;
  }

  /** False when the launcher process has died and no other could be started yet. */
  get isReady(): boolean {
    return this.current !== undefined;
  }

  /** How runs are marked beyond their environment: `ulimit -w`, `ulimit -x`, `prlimit` or `none`. */
  get mark(): string {
    return this.current?.mark ?? 'none';
  }

  /** Which session keyring commands have that are not isolated. */
  get keyrings(): Keyrings {
    return this.current?.keyrings ?? 'inherited';
  }

  /** Whether relay processes copy the output of commands, so that this process does not touch their pipes. */
  get isRelayed(): boolean {
    return this.current?.isRelayed ?? true;
  }

  /**
   * Starts a command and resolves when it runs. A command that fails is a result, not an error.
   * @param signal aborts the start, for which a large workspace may have to be copied before; its reason is the grace in milliseconds
   * @throws LaunchError
   */
  async launch(request: LaunchRequest, signal?: AbortSignal): Promise<RunningProcess> {
    const connection = this.connected();
    const ends = await openPipes(connection);
    const number = ++this.lastNumber;
    const run = new RunHandle(ends, (graceMs) =>
      connection.send({ type: 'terminate', run: number, graceMs }),
    );
    signal?.addEventListener(
      'abort',
      () => connection.send({ type: 'terminate', run: number, graceMs: Number(signal.reason) }),
      { once: true },
    );
    // the launcher process may have died while the pipes were made
    if (this.current !== connection) run.fail(lost('no other was there yet'), true);
    else if (signal?.aborted)
      run.fail(new LaunchError('STOPPED', 'It was stopped before it was started'), true);
    else {
      this.runs.set(number, run);
      const { stdout, stderr } = ends;
      connection.send({ ...request, type: 'launch', run: number, stdout: stdout.fifo, stderr: stderr.fifo });
    }
    return run.launched;
  }

  /** Ends the processes of all dead launchers on this host. A worker calls it at its start. @returns the number of processes */
  async endOrphans(): Promise<number> {
    return this.connected().endOrphans();
  }

  /** Tries bubblewrap with these options. @returns why it does not work; undefined when it does @throws LaunchError LAUNCHER_LOST */
  async tryIsolation(bubblewrap: string[]): Promise<LaunchError | undefined> {
    return this.connected().tryIsolation(bubblewrap);
  }

  /** Asks for the removal of a workspace that no run uses any more. Nothing says whether it could be done; ask again later. */
  removeWorkspace(workspace: string): void {
    this.current?.send({ type: 'remove-workspace', workspace });
  }

  /**
   * Sends a heartbeat to the launcher. When the next one does not arrive within `timeoutMs` milliseconds, because this process was
   * suspended and its leases have expired, the launcher ends everything, as if this process had been killed.
   */
  sendHeartbeat(timeoutMs: number): void {
    this.current?.send({ type: 'heartbeat', timeoutMs });
  }

  /** Calls back each time the launcher process has died, after its runs were ended or the attempt to end them has failed. */
  onLost(listener: () => void): void {
    this.lostListeners.add(listener);
  }

  /** Kills all runs, waits until they are gone, and ends the launcher process. */
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
    return LauncherConnection.start(await this.startProcess(), (message) => {
      if (this.runs.get(message.run)?.receive(message)) this.runs.delete(message.run);
    });
  }

  private use(connection: LauncherConnection): void {
    this.current = connection;
    void connection.ended.then(() => this.onEnded(connection));
  }

  /** Lets a new launcher process end the runs of the dead one, then rejects the promises of those runs. */
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

  /** Starts a new launcher process and ends the orphans. @returns true when both are done */
  private async replace(): Promise<boolean> {
    const connection = await this.connect();
    // before it starts runs, which the sweep could take for orphans of the same user
    await connection.endOrphans();
    if (this.stopping.signal.aborted) await connection.close();
    else this.use(connection);
    return true;
  }

  private async replaceUntilDone(): Promise<void> {
    const { signal } = this.stopping;
    for (let pause = FIRST_PAUSE_MS; !this.current; pause = Math.min(MAX_PAUSE_MS, pause * 2)) {
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
  // The folder of the FIFOs was removed, so it is tried again with a new one.
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
