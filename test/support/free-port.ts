import { createServer } from 'node:net';

/**
 * Below the range that the kernel takes outgoing ports from, so that a port stays free while its server restarts. Each worker of
 * Vitest has a part of it: another would take a port whose server is still on its way.
 */
const count = 2_000;
const first = 10_000 + count * (Number(process.env['VITEST_POOL_ID'] ?? 0) % 5);
let next = Math.floor(Math.random() * count);

/** A port on 127.0.0.1 that nobody listens on, never the same twice in one process. */
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
