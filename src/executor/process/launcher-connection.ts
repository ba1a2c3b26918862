import { join } from 'node:path';
import { Channel } from '../../launcher/channel.js';
import { deferred, type Deferred } from '../../launcher/deferred.js';
import { LaunchError } from '../../launcher/launch-error.js';
import type { LauncherMessage, WorkerMessage } from '../../launcher/messages.js';
import type { Keyrings } from '../../launcher/own-keyring.js';
import type { LauncherProcess } from '../../launcher/spawn-launcher.js';

type Ready = Extract<LauncherMessage, { type: 'ready' }>;
type RunMessage = Extract<LauncherMessage, { run: number }>;

/** More FIFOs are requested when fewer than these are left. */
const MIN_FIFOS = 128;
const READY_TIMEOUT_MS = 60_000;

/** A FIFO that the launcher has made for a stream of a run. */
export interface Fifo {
  number: number;
  path: string;
  /** Whether a relay process writes to it, and not the command itself. */
  isRelayed: boolean;
}

/** The connection to a launcher process, from the start to the end of the process. */
export class LauncherConnection {
  private readonly channel: Channel<LauncherMessage, WorkerMessage>;
  private readonly waiting: ((error?: Error) => void)[] = [];
  private readonly onReady = deferred<void>();
  private readonly trials: Deferred<LaunchError | undefined>[] = [];
  private ready: Ready = {
    type: 'ready',
    mark: 'none',
    keyrings: 'inherited',
    isRelayed: false,
    directory: '',
    fifos: [],
  };
  private areFifosRequested = false;
  private orphans: Deferred<number> | undefined;
  /** Resolves when the process has ended for any reason, or was disconnected, which makes it end. */
  readonly ended: Promise<void>;

  private constructor(
    readonly pid: number,
    socket: LauncherProcess['socket'],
    private readonly onRunMessage: (message: RunMessage) => void,
  ) {
    this.channel = new Channel<LauncherMessage, WorkerMessage>(socket, (message) => this.receive(message));
    this.ended = this.channel.closed.then(() => this.onEnded());
  }

  /** @throws LaunchError LAUNCHER_LOST when the process ends before it is ready, or is not ready within a minute */
  static async start(
    { pid, socket }: LauncherProcess,
    onRunMessage: (message: RunMessage) => void,
  ): Promise<LauncherConnection> {
    const connection = new LauncherConnection(pid, socket, onRunMessage);
    const timeout = setTimeout(() => {
      connection.onReady.reject(
        new LaunchError('LAUNCHER_LOST', 'The launcher process was not ready in time'),
      );
      socket.destroy();
    }, READY_TIMEOUT_MS);
    await connection.onReady.promise.finally(() => clearTimeout(timeout));
    return connection;
  }

  /** How commands are marked on this host; a `MarkKind`. */
  get mark(): string {
    return this.ready.mark;
  }

  get isRelayed(): boolean {
    return this.ready.isRelayed;
  }

  get keyrings(): Keyrings {
    return this.ready.keyrings;
  }

  send(message: WorkerMessage): void {
    this.channel.send(message);
  }

  /** Takes two unused FIFOs. @throws LaunchError */
  async takeFifos(): Promise<[stdout: Fifo, stderr: Fifo]> {
    this.requestFifos();
    while (this.ready.fifos.length < 2) {
      await new Promise<void>((resolve, reject) =>
        this.waiting.push((error) => (error ? reject(error) : resolve())),
      );
      this.requestFifos();
    }
    const { directory, isRelayed, fifos } = this.ready;
    return fifos
      .splice(-2)
      .map((number) => ({ number, path: join(directory, String(number)), isRelayed })) as [Fifo, Fifo];
  }

  /** Discards all unused FIFOs, because one of them was missing. */
  dropFifos(): void {
    this.ready.fifos.length = 0;
  }

  /** Ends the processes that dead launchers have left on this host. @returns the number of processes */
  async endOrphans(): Promise<number> {
    if (!this.orphans) {
      this.orphans = deferred();
      this.send({ type: 'end-orphans' });
    }
    return this.orphans.promise;
  }

  /** Tries bubblewrap with these options for the users of commands. @returns why it does not work; undefined when it does */
  async tryIsolation(bubblewrap: string[]): Promise<LaunchError | undefined> {
    const trial = deferred<LaunchError | undefined>();
    this.trials.push(trial);
    this.send({ type: 'try-isolation', bubblewrap });
    return trial.promise;
  }

  /** Makes the launcher end everything that it has started and exit. */
  async close(): Promise<void> {
    this.channel.end();
    await this.ended;
  }

  private requestFifos(): void {
    if (this.areFifosRequested || this.ready.fifos.length >= MIN_FIFOS) return;
    this.areFifosRequested = true;
    this.send({ type: 'make-fifos' });
  }

  private receive(message: LauncherMessage): void {
    if ('run' in message) return this.onRunMessage(message);
    switch (message.type) {
      case 'ready':
        this.ready = message;
        return this.onReady.resolve();
      case 'fifos': {
        this.areFifosRequested = false;
        this.ready.directory = message.directory;
        this.ready.fifos.unshift(...message.fifos);
        const { error } = message;
        return this.wake(
          error === undefined
            ? undefined
            : new LaunchError('SPAWN_FAILED', `No pipes could be made: ${error}`),
        );
      }
      case 'isolation-tried': {
        const { refusal } = message;
        const error = refusal && new LaunchError(refusal.code, refusal.message, refusal.errno);
        return this.trials.shift()?.resolve(error);
      }
      case 'orphans-ended':
        this.orphans?.resolve(message.ended);
        this.orphans = undefined;
    }
  }

  private onEnded(): void {
    this.onReady.reject(lost());
    for (const trial of this.trials.splice(0)) trial.reject(lost());
    this.orphans?.reject(lost());
    this.wake(lost());
  }

  private wake(error?: Error): void {
    for (const wake of this.waiting.splice(0)) wake(error);
  }
}

const lost = () => new LaunchError('LAUNCHER_LOST', 'The launcher process ended unexpectedly');
