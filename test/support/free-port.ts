import { createServer } from 'node:net';

/**
 * The ports are below the kernel's range for outgoing connections, so that a port stays free while its server restarts. Each worker of
 * Vitest has a range of its own, since another worker might take a port whose server is still starting.
 */
const count = 2_000;
const first = 10_000 + count * (Number(process.env['VITEST_POOL_ID'] ?? 0) % 5);
let next = Math.floor(Math.random() * count);

/** Returns an unused port of 127.0.0.1, each only once in a process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + (next++ % count);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
