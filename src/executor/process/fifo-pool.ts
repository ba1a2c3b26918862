import { execFile } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { identityToken, isDeadLauncher, parseToken, type LauncherIdentity } from './identity.js';

const PREFIX = 'millrace-';
const BATCH = 256;

/**
 * FIFOs in a folder that only we may enter. Each serves one stream of one run and loses its name when it is
 * opened, so no command ever meets the pipe of another. One `mkfifo` makes 256 in 5 ms.
 */
export class FifoPool {
  directory: string;
  private made = 0;

  constructor(
    private readonly base: string,
    private readonly self: LauncherIdentity,
  ) {
    this.directory = this.makeFolder();
  }

  /** Makes the next batch and gives its paths. */
  async make(): Promise<string[]> {
    // Cleaners of temporary files (systemd's RemoveIPC at a logout) may have taken the folder.
    if (!existsSync(this.directory)) this.directory = this.makeFolder();
    const paths = Array.from({ length: BATCH }, () => join(this.directory, String(this.made++)));
    // Mode 0666: a command that runs as another user reopens its own end as /dev/stdout.
    await promisify(execFile)('mkfifo', ['-m', '666', ...paths]);
    return paths;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private makeFolder(): string {
    return mkdtempSync(join(this.base, `${PREFIX}${identityToken(this.self)}-`));
  }
}

/** Opens the write end of a FIFO whose reader is open, and removes its name. Never waits. */
export function openWriteEnd(path: string): number {
  // If the reader has just died, a plain open for writing waits for ever; O_NONBLOCK would pass to the command.
  const guard = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return openSync(path, constants.O_WRONLY);
  } finally {
    closeSync(guard);
    unlinkSync(path);
  }
}

/** Removes the folders of launchers that are gone, as far as they are this user's. */
export function removeStaleFolders(base: string, self: LauncherIdentity): void {
  for (const name of readdirSync(base)) {
    const token = name.startsWith(PREFIX) ? name.slice(PREFIX.length, name.lastIndexOf('-')) : '';
    const launcher = parseToken(token);
    if (!launcher || !isDeadLauncher(launcher, self.pidNamespace)) continue;
    const path = join(base, name);
    if (statSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.())
      rmSync(path, { recursive: true, force: true });
  }
}
