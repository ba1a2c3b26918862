import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import proxyAddress from '@fastify/proxy-addr';
import type { Config } from '../common/config.js';
import { evictedConnections } from '../common/metrics.js';
import { openFilesLimit } from '../common/open-files.js';
import { commandsNetwork, isLoopback, networkOf } from '../common/network.js';
import { ConnectionShares, proxies, type HeldConnection } from './connection-shares.js';

/** The delay before the owners of new loopback connections are looked up, so that one look-up serves all of them. */
const lookupDelayMs = 100;

/**
 * The time that the headers of a request may take, counted for the first request from the opening of the connection. Node's defaults
 * are 60 s, checked every 30 s. The wait for the next request on a kept-alive connection has a timeout of its own.
 */
export const headerTimeouts = { headersTimeout: 15_000, connectionsCheckingInterval: 3_000 } as const;

/** The share of the files that this process may open which its connections may take: runs and statements need files, too. */
const shareOfFiles = 0.5;

/** Returns how many connections there may be: `MAX_CONNECTIONS`, or fewer where the process may not open files for as many. */
export const mostConnections = (wanted: number): number =>
  Math.min(wanted, Math.floor(openFilesLimit() * shareOfFiles));

/** The settings that bound the connections of each network. */
export type ConnectionSettings = Pick<
  Config,
  'MAX_CONNECTIONS' | 'MAX_CONNECTIONS_PER_NETWORK' | 'TRUST_PROXY'
>;

/**
 * Gives each network a share of the connections from the moment that they open: most other limits apply from the first request on,
 * and a client that opens connections and sends none would lock everybody out.
 * @param networkOnHost returns the network of a loopback connection, such as that of all commands; it is called only while many are
 *   open, since it reads a table of all connections of the host
 */
export function boundConnections(
  server: Server,
  { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_NETWORK, TRUST_PROXY }: ConnectionSettings,
  networkOnHost: (socket: Socket) => Promise<string>,
): void {
  const inAll = mostConnections(MAX_CONNECTIONS);
  const perNetwork = Math.min(MAX_CONNECTIONS_PER_NETWORK ?? Math.ceil(inAll / 4), inAll);
  const shares = new ConnectionShares({ inAll, perNetwork });
  const trusts = TRUST_PROXY.length > 0 ? proxyAddress.compile(TRUST_PROXY) : () => false;
  const held = new WeakMap<Socket, HeldConnection>();
  const unsorted = new Map<Socket, HeldConnection>();
  let isSorting = false;

  const sort = async () => {
    if (isSorting || unsorted.size <= perNetwork / 2) return;
    isSorting = true;
    try {
      await delay(lookupDelayMs, undefined, { ref: false });
      const looks = [...unsorted].map(async ([socket, connection]) => {
        const address = socket.remoteAddress ?? '';
        const network = await networkOnHost(socket);
        connection.moveTo(network !== commandsNetwork && trusts(address, 0) ? proxies : network);
        unsorted.delete(socket);
      });
      await Promise.all(looks);
    } finally {
      isSorting = false;
    }
  };

  const enter = (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const isOnHost = isLoopback(address);
    // The open loopback connections may belong to others than the opener of this one, so they stay until their owners are known.
    if (isOnHost && unsorted.size >= perNetwork) {
      evictedConnections.inc();
      socket.destroy();
      return;
    }
    const network = !isOnHost && trusts(address, 0) ? proxies : networkOf(address);
    const connection = shares.enter(network, () => socket.destroy());
    held.set(socket, connection);
    if (isOnHost) unsorted.set(socket, connection);
    socket.once('close', () => {
      connection.close();
      unsorted.delete(socket);
    });
    void sort();
  };

  server.on('connection', enter);
  server.on('upgrade', (_request: IncomingMessage, socket: Socket) => held.get(socket)?.begin());
  // A listener of 'request' would miss the requests of socket.io, which takes them before other listeners.
  subscribe('http.server.request.start', (message) => {
    const { socket, response } = message as { socket: Socket; response: ServerResponse };
    const connection = held.get(socket);
    connection?.begin();
    response.once('close', () => connection?.finish());
  });
}
