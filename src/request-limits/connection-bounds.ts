import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import proxyAddress from '@fastify/proxy-addr';
import type { Config } from '../common/config.js';
import { crowdedOutConnections } from '../common/metrics.js';
import { commandsNetwork, isLoopback, networkOf } from '../common/network.js';
import { ConnectionShares, proxies, type HeldConnection } from './connection-shares.js';

/** How long connections from loopback wait until it is looked up whose they are: one look for all that have come meanwhile. */
const sortingMs = 100;

/**
 * How long the headers of a request may take, and of a connection that sends nothing its first ones; Node has 60 s, and looks every
 * 30 s. The wait for another request on a connection that is kept alive has a limit of its own.
 */
export const headerTimeouts = { headersTimeout: 15_000, connectionsCheckingInterval: 3_000 } as const;

/** Whose connections there may be how many of. */
export type ConnectionSettings = Pick<
  Config,
  'MAX_CONNECTIONS' | 'MAX_CONNECTIONS_PER_NETWORK' | 'TRUST_PROXY'
>;

/**
 * Gives each network a share of the connections, from the moment that they are open: most of what bounds a client begins with its
 * first request, and one that sends none would keep everybody out.
 * @param networkOnHost names the network of a connection over loopback, such as that of all commands; it is asked only while many
 *   are open, since it reads a table of all connections of the host
 */
export function boundConnections(
  server: Server,
  { MAX_CONNECTIONS: inAll, MAX_CONNECTIONS_PER_NETWORK, TRUST_PROXY }: ConnectionSettings,
  networkOnHost: (socket: Socket) => Promise<string>,
): void {
  const perNetwork = MAX_CONNECTIONS_PER_NETWORK ?? Math.ceil(inAll / 4);
  const shares = new ConnectionShares({ inAll, perNetwork });
  const trusts = TRUST_PROXY.length > 0 ? proxyAddress.compile(TRUST_PROXY) : () => false;
  const held = new WeakMap<Socket, HeldConnection>();
  const unsorted = new Map<Socket, HeldConnection>();
  let isSorting = false;

  const sort = async () => {
    if (isSorting || unsorted.size <= perNetwork / 2) return;
    isSorting = true;
    try {
      await delay(sortingMs, undefined, { ref: false });
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
    // those that are open may be of somebody else than who opens more: they stay until it is known
    if (isOnHost && unsorted.size >= perNetwork) {
      crowdedOutConnections.inc();
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
  // socket.io takes its requests before other listeners of the server
  subscribe('http.server.request.start', (message) => {
    const { socket, response } = message as { socket: Socket; response: ServerResponse };
    const connection = held.get(socket);
    connection?.begin();
    response.once('close', () => connection?.finish());
  });
}
