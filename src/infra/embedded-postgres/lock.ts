import { open } from 'node:fs/promises';
import { EmbeddedPostgresError } from './errors.js';
import { runWithDescriptors } from './run-program.js';

const timeout = 10 * 60_000;

/**
 * Runs `work` while holding an exclusive lock on `path` against all other processes of this kernel, including containers. `work` gets the
 * descriptor of the lock: a child that inherits it holds the lock for as long as it lives.
 *
 * Node has no flock(2), but a lock belongs to the open file and not to the process that requested it: flock(1) locks an inherited
 * descriptor and exits, and the kernel releases the lock when the last holder ends, so a crash leaves nothing to clean up.
 */
export async function withLock<T>(path: string, work: (fd: number) => Promise<T>): Promise<T> {
  const file = await open(path, 'a', 0o600);
  try {
    await flock(file.fd, ['--exclusive']);
    return await work(file.fd);
  } finally {
    await file.close();
  }
}

/** Locks an open folder or file without waiting; false when another process holds it. */
export async function tryLock(fd: number): Promise<boolean> {
  return flock(fd, ['--exclusive', '--nonblock']);
}

async function flock(fd: number, options: string[]): Promise<boolean> {
  const result = await runWithDescriptors('flock', [...options, '3'], [fd], { timeout });
  if (result.exitCode === 0) return true;
  // macOS has no flock(1); there only Postgres' postmaster.pid and the atomic rename of a new data folder protect it.
  if (result.notFound && process.platform !== 'linux') return true;
  if (result.exitCode === 1 && !result.timedOut) return false;
  throw new EmbeddedPostgresError(
    'IN_USE_ELSEWHERE',
    result.timedOut
      ? 'Another Millrace process has been starting or stopping Postgres in this data folder for 10 minutes.'
      : `Cannot lock the data folder with flock(1)${result.notFound ? ', which is missing here (package util-linux)' : `: ${result.output.trim()}`}.`,
  );
}
