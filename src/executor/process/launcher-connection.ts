import { fork, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deferred, type Deferred } from './deferred.js';
import { LaunchError } from './launch-error.js';
import type { LauncherMessage, WorkerMessage } from './messages.js';

type Ready = Extract<LauncherMessage, { type: 'ready' }>;

const ENTRY = fileURLToPath(new URL('./launcher-main.js', import.meta.url));
// A small young generation and no optimised code keep its memory, and with it the cost of a fork, low.
const LEAN = ['--max-semi-space-size=1', '--max-old-space-size=64', '--v8-pool-size=0', '--no-opt'];
const FEW_FIFOS = 128;

/** One launcher process, from its start to its end. */
export class LauncherConnection {
  private readonly fifos: string[];
  private readonly waiting: ((error?: Error) => void)[] = [];
  private asked = false;
  private orphans: Deferred<number> | undefined;
  private closing = false;
  /** The process has ended, for whatever reason. */
  readonly ended: Promise<void>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly ready: Ready,
    private readonly onRunMessage: (message: Extract<LauncherMessage, { run: number }>) => void,
  ) {
    this.fifos = ready.fifos;
    this.ended = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      child.once('exit', () => resolve());
    }).then(() => this.onEnded());
    child.on('message', (message) => this.receive(message as LauncherMessage));
    child.on('error', () => {});
    // Alive but deaf it would be of no use; its exit is what is waited for.
    child.once('disconnect', () => this.closing || child.kill('SIGKILL'));
  }

  /** @throws LaunchError LAUNCHER_LOST when the process ends before it is ready. */
  static async start(
    fifoBase: string,
    onRunMessage: (message: Extract<LauncherMessage, { run: number }>) => void,
  ): Promise<LauncherConnection> {
    const child = fork(ENTRY, [fifoBase, process.env['MILLRACE_LAUNCHER'] ?? ''], {
      execArgv: LEAN,
      // Nothing of the worker's: any command may read it from /proc where it runs as the same user.
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const ready = await new Promise<Ready>((resolve, reject) => {
      child.once('message', (message) => resolve(message as Ready));
      child.once('error', (error) =>
        reject(new LaunchError('LAUNCHER_LOST', `The launcher could not be started: ${error.message}`)),
      );
      child.once('exit', () => reject(lost()));
    });
    return new LauncherConnection(child, ready, onRunMessage);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** How commands are marked on this host; see `Marker`. */
  get mark(): string {
    return this.ready.mark;
  }

  send(message: WorkerMessage): void {
    if (this.child.connected) this.child.send(message, () => {});
  }

  /** Two fresh FIFOs. @throws LaunchError */
  async takeFifos(): Promise<[stdout: string, stderr: string]> {
    this.askForFifos();
    while (this.fifos.length < 2) {
      await new Promise<void>((resolve, reject) =>
        this.waiting.push((error) => (error ? reject(error) : resolve())),
      );
      this.askForFifos();
    }
    return this.fifos.splice(-2) as [string, string];
  }

  /** Forgets the FIFOs at hand, because one of them was missing. */
  dropFifos(): void {
    this.fifos.length = 0;
  }

  /** Ends what launchers that are gone have left on this host; gives the number of processes. */
  async endOrphans(): Promise<number> {
    if (!this.orphans) {
      this.orphans = deferred();
      this.send({ type: 'end-orphans' });
    }
    return this.orphans.promise;
  }

  /** Lets the launcher end all it has started, and itself. */
  async close(): Promise<void> {
    this.closing = true;
    if (this.child.connected) this.child.disconnect();
    await this.ended;
  }

  private askForFifos(): void {
    if (this.asked || this.fifos.length >= FEW_FIFOS) return;
    this.asked = true;
    this.send({ type: 'make-fifos' });
  }

  private receive(message: LauncherMessage): void {
    if ('run' in message) return this.onRunMessage(message);
    if (message.type === 'fifos') {
      this.asked = false;
      this.ready.directory = message.directory;
      this.fifos.unshift(...message.fifos);
      const { error } = message;
      this.wake(
        error === undefined ? undefined : new LaunchError('SPAWN_FAILED', `No pipes could be made: ${error}`),
      );
    }
    if (message.type === 'orphans-ended') {
      this.orphans?.resolve(message.ended);
      this.orphans = undefined;
    }
  }

  private onEnded(): void {
    // Killed, it could not remove its folder itself.
    rmSync(this.ready.directory, { recursive: true, force: true });
    this.orphans?.reject(lost());
    this.wake(lost());
  }

  private wake(error?: Error): void {
    for (const wake of this.waiting.splice(0)) wake(error);
  }
}

function lost(): LaunchError {
  return new LaunchError('LAUNCHER_LOST', 'The launcher process ended unexpectedly');
}
