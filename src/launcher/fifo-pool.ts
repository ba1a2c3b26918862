import { execFile } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launcherFolders, makeLauncherFolder, removeLauncherFolder } from './launcher-folder.js';
import type { RelayedPipe } from './output-relays.js';
import type { LauncherPolicy } from './policy.js';
import { identityToken, isDeadLauncher, type LauncherIdentity } from './processes/identity.js';

const BATCH = 256;
/** The part of mkfifo's error output that is reported; it repeats itself for each FIFO of the batch. */
const MAX_ERROR_LENGTH = 300;

/**
 * A pool of FIFOs in a folder that only the launcher can write to and only its worker can enter. Each FIFO serves one stream of one run
 * and is unlinked when it is opened, so no command can open the pipe of another. One `mkfifo` makes 256 in 5 ms. Where output is relayed
 * each number has two FIFOs: one that the command writes to, and one that the worker reads.
 */
export class FifoPool {
  directory: string;
  private made = 0;
  private readonly unused = new Set<number>();

  constructor(
    private readonly policy: LauncherPolicy,
    private readonly self: LauncherIdentity,
    private readonly isRelayed: boolean,
  ) {
    this.directory = this.makeFolder();
  }

  /** Makes the next batch and returns its numbers, which are the file names in `directory`. */
  async make(): Promise<number[]> {
    // Cleaners of temporary files (systemd's RemoveIPC at a logout) may have removed the folder.
    if (!existsSync(this.directory)) this.directory = this.makeFolder();
    const numbers = Array.from({ length: BATCH }, () => this.made++);
    // Mode 0666: a command that runs as another user reopens its own end as /dev/stdout.
    const paths = numbers.flatMap((number) => [...new Set(Object.values(this.pipeOf(number)))]);
    await promisify(execFile)('mkfifo', ['-m', '666', ...paths]).catch((error: Error) => {
      throw new Error(error.message.replace(/^Command failed:.*\n/, '').slice(0, MAX_ERROR_LENGTH));
    });
    for (const number of numbers) this.unused.add(number);
    return numbers;
  }

  /** Returns the path that the command writes to and the path that the worker has opened for reading. */
  pipeOf(number: number): RelayedPipe {
    const to = join(this.directory, String(number));
    return { from: this.isRelayed ? `${to}.command` : to, to };
  }

  /** Opens the write end of a FIFO whose read end is open, and unlinks the FIFO. Never blocks. */
  openWriteEnd(number: number): number {
    if (!this.unused.delete(number)) throw new Error(`There is no FIFO ${String(number)}`);
    const { from: path, to } = this.pipeOf(number);
    // If the reader has just died, a plain open for writing would block for ever; O_NONBLOCK would be inherited by the command.
    const guard = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return openSync(path, constants.O_WRONLY);
    } finally {
      closeSync(guard);
      unlinkSync(path);
      if (to !== path) unlinkSync(to);
    }
  }

  /** Removes the FIFOs of a run that does not start; those that were opened are gone already. */
  discard(...numbers: number[]): void {
    for (const number of numbers) {
      if (!this.unused.delete(number)) continue;
      for (const path of new Set(Object.values(this.pipeOf(number)))) rmSync(path, { force: true });
    }
  }

  remove(): void {
    removeLauncherFolder(this.directory);
  }

  /** Whether no other launcher of this installation lives on this host. */
  isAlone(): boolean {
    const own = identityToken(this.self);
    return this.folders().every(
      ({ launcher }) => identityToken(launcher) === own || isDeadLauncher(launcher, this.self.pidNamespace),
    );
  }

  /** Removes the folders of dead launchers. Folders that cannot be removed are left and do no harm. */
  removeStale(): void {
    for (const { path, launcher } of this.folders())
      if (isDeadLauncher(launcher, this.self.pidNamespace)) removeLauncherFolder(path);
  }

  private folders() {
    return launcherFolders(this.policy.runFolder);
  }

  private makeFolder(): string {
    const { runFolder, worker } = this.policy;
    const folder = makeLauncherFolder(runFolder, this.self);
    if (worker) {
      chmodSync(folder, 0o710);
      chownSync(folder, process.getuid?.() ?? 0, worker.gid);
    }
    return folder;
  }
}
