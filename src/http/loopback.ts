import { createServer, type Server, type Socket } from 'node:net';

/** The error codes of listening on ::1 on a host without IPv6. */
const noIpv6 = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Listens on ::1 besides 127.0.0.1. `localhost` resolves to both, and many clients try ::1 first: a command that listened on the same
 * port there would receive passwords that are meant for this server.
 * @param server listens on an IPv4 address; receives the connections
 * @returns a server to be closed with the first; undefined when that listens on another address, or the host has no IPv6
 * @throws EADDRINUSE when another process has the port on ::1
 */
export async function listenOnBothLoopbacks(server: Server): Promise<Server | undefined> {
  const address = server.address();
  if (typeof address !== 'object' || address?.address !== '127.0.0.1') return undefined;
  const other = createServer({ pauseOnConnect: false }, (socket: Socket) =>
    server.emit('connection', socket),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      other.once('error', reject);
      other.listen({ host: '::1', port: address.port, ipv6Only: true }, resolve);
    });
  } catch (error) {
    if (noIpv6.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  return other;
}
