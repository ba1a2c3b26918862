import { createServer, type Server, type Socket } from 'node:net';

/** What a host without IPv6 says. */
const noIpv6 = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/**
 * Listens on the other loopback address as well. `localhost` is both, and many clients try ::1 first: a command that took the port there
 * would be sent the passwords that are meant for us.
 * @param server listens on an address of IPv4; gets the connections
 * @returns what has to be closed with the server; undefined where it listens on another address, or the host has no IPv6
 * @throws EADDRINUSE when somebody else has the port there
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
