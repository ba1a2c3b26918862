import { randomInt } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { EmbeddedPostgresError } from './errors.js';

/**
 * The port of the last start while it is still free, so that an address stays valid over restarts; else a new one.
 * Drawn from below the kernel's range for outgoing connections (32768 and up on Linux), which would otherwise take our
 * port now and then while Postgres restarts.
 */
export async function choosePort(keptIn: string): Promise<number> {
  const kept = Number(await readFile(keptIn, 'utf8').catch(() => ''));
  if (Number.isInteger(kept) && kept > 1023 && kept < 65_536 && (await isFree(kept))) return kept;
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new EmbeddedPostgresError(
    'PORT_TAKEN',
    'No free port on 127.0.0.1 was found between 20000 and 32000.',
  );
}

/** Remembers the port for the next start. */
export async function keepPort(keptIn: string, port: number): Promise<void> {
  await writeFile(keptIn, `${port}\n`, { mode: 0o600 });
}

/** True when the loopback port can be bound now; somebody may still take it a moment later. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}
