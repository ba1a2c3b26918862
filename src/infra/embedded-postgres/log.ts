import { copyFile, open, rename, stat, truncate } from 'node:fs/promises';

/** The log of the embedded Postgres; a pino logger has this shape. */
export interface EmbeddedPostgresLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const largest = 8 * 1024 * 1024;
const tailBytes = 4096;

/** Renames a log that is too large to `<path>.1`, which replaces the previous one. Must be called while nobody writes to it. */
export async function rotateLog(path: string): Promise<void> {
  if ((await sizeOf(path)) > largest) await rename(path, `${path}.1`);
}

/** Copies a log that is too large and truncates it while Postgres appends to it. Lines that are written in between are lost. */
export async function trimLiveLog(path: string): Promise<void> {
  if ((await sizeOf(path)) <= largest) return;
  await copyFile(path, `${path}.1`);
  await truncate(path);
}

/** Returns the last lines that were written to the log after byte `from`, for an error message. */
export async function tailOfLog(path: string, from: number): Promise<string> {
  const end = await sizeOf(path);
  const start = Math.max(from, end - tailBytes);
  if (end <= start) return '(its log is empty)';
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(end - start), position: start });
    return lastLines(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

/** Returns the last lines of `text`, at most ten. */
export function lastLines(text: string): string {
  return text.trim().split('\n').slice(-10).join('\n');
}

/** Returns the size of a file, or 0 when it does not exist. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
