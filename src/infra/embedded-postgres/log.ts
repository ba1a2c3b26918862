import { copyFile, open, rename, stat, truncate } from 'node:fs/promises';

/** Where the embedded Postgres says what it does; a pino logger fits. */
export interface EmbeddedPostgresLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const largest = 8 * 1024 * 1024;
const tailBytes = 4096;

/** Sets a log that has grown too large aside as `<path>.1`, which replaces the one before. For use while nobody writes. */
export async function rotateLog(path: string): Promise<void> {
  if ((await sizeOf(path)) > largest) await rename(path, `${path}.1`);
}

/** The same while Postgres writes: it appends, so it goes on at the new end; lines written in between are lost. */
export async function trimLiveLog(path: string): Promise<void> {
  if ((await sizeOf(path)) <= largest) return;
  await copyFile(path, `${path}.1`);
  await truncate(path);
}

/** The last lines written to the log after byte `from`, for an error message. */
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

/** At most ten lines from the end of `text`. */
export function lastLines(text: string): string {
  return text.trim().split('\n').slice(-10).join('\n');
}

/** 0 when there is no such file. */
export async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
