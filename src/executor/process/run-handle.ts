import type { Readable } from 'node:stream';
import { deferred } from '../../launcher/deferred.js';
import { LaunchError } from '../../launcher/launch-error.js';
import type { ProcessEnd, ProcessExit, RunningProcess } from '../../launcher/launch-types.js';
import type { LauncherMessage } from '../../launcher/messages.js';
import type { ReadEnd } from './read-end.js';

export interface Pipes {
  stdout: ReadEnd;
  stderr: ReadEnd;
}

/** The worker's side of a run. */
export class RunHandle implements RunningProcess {
  pid = 0;
  startedAt = new Date(0);
  /** Resolves to this handle when the command has started. */
  readonly launched: Promise<RunHandle>;
  readonly exited: Promise<ProcessExit>;
  readonly finished: Promise<ProcessEnd>;
  private swept = false;
  private readonly onLaunched = deferred<RunHandle>();
  private readonly onExited = deferred<ProcessExit>();
  private readonly onGone = deferred<ProcessEnd>();

  constructor(
    private readonly ends: Pipes,
    private readonly sendTerminate: (graceMs: number) => void,
  ) {
    this.launched = this.onLaunched.promise;
    this.exited = this.onExited.promise;
    this.finished = this.whenFinished();
    this.finished.catch(() => {});
  }

  get stdout(): Readable {
    return this.ends.stdout.stream;
  }

  get stderr(): Readable {
    return this.ends.stderr.stream;
  }

  async terminate(graceMs: number): Promise<void> {
    this.sendTerminate(Math.max(0, graceMs));
    await this.onGone.promise.catch((error: LaunchError) => {
      if (!this.swept) throw error;
    });
  }

  /** Handles a message of the launcher about this run. @returns true when it was the last one */
  receive(message: Extract<LauncherMessage, { run: number }>): boolean {
    switch (message.type) {
      case 'launched':
        this.pid = message.pid;
        this.startedAt = new Date(message.startedAt);
        this.onLaunched.resolve(this);
        return false;
      case 'exited':
        this.onExited.resolve({ exitCode: message.exitCode });
        return false;
      case 'finished': {
        const { exitCode, leftBehind, unkillable, hasSummary } = message;
        this.onExited.resolve({ exitCode });
        this.onGone.resolve({ exitCode, leftBehind, unkillable, hasSummary });
        return true;
      }
      case 'refused':
        this.fail(new LaunchError(message.code, message.message, message.errno), true);
        return true;
    }
  }

  /** Rejects all promises. `swept` means that no process of the run is left, so that `terminate` resolves nevertheless. */
  fail(error: LaunchError, swept: boolean): void {
    this.swept = swept;
    for (const waiting of [this.onLaunched, this.onExited, this.onGone]) waiting.reject(error);
    this.ends.stdout.discard();
    this.ends.stderr.discard();
  }

  private async whenFinished(): Promise<ProcessEnd> {
    const end = await this.onGone.promise;
    await Promise.all([this.ends.stdout.ended(), this.ends.stderr.ended()]);
    return end;
  }
}
