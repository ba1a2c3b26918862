import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { isOf } from '../common/permissions.js';
import { ConnectionStats } from '../common/connection-stats.js';
import { AppError } from '../common/errors.js';
import { sockets } from '../common/metrics.js';
import { Connection } from './connection.js';
import { closeCodes, limits } from './limits.js';
import { signInFirst } from './message.guard.js';
import type { Peer } from './peer.js';

/** The open connections of this process, of both transports. */
@Injectable()
export class Connections extends Set<Connection> {
  /** Called with each connection as soon as it is open. */
  onOpen: (connection: Connection) => void = () => undefined;

  constructor(private readonly stats: ConnectionStats) {
    super();
  }

  /**
   * Registers a new connection, which has 10 s to authenticate.
   * @param signedIn called when the connection authenticates or closes
   */
  open(peer: Peer, sessionId: string | null, signedIn: () => void): Connection {
    const connection = new Connection(peer, sessionId, signedIn);
    const timer = setTimeout(() => {
      if (!connection.identity)
        connection.refuse(closeCodes.unauthenticated, new AppError('AUTH_TOKEN_MISSING', {}, signInFirst));
    }, limits.authenticationMs);
    this.add(connection);
    this.stats.opened(connection);
    sockets.inc();
    const forget = () => {
      clearTimeout(timer);
      signedIn();
      this.delete(connection);
      this.stats.closed(connection);
      sockets.dec();
    };
    connection.signal.addEventListener('abort', forget, { once: true });
    this.onOpen(connection);
    return connection;
  }

  /** The connections of a user, and of the keys that the user has made. */
  ofUser(userId: string): Connection[] {
    return [...this].filter(({ identity }) => identity && isOf(identity, userId));
  }

  /** Closes all connections. Clients reconnect, to another process or after the restart. */
  async closeAll(): Promise<void> {
    const peers = [...this].map(({ peer }) => peer);
    for (const connection of this) connection.end(closeCodes.goingAway, 'The server is shutting down');
    await Promise.race([
      Promise.all(peers.map(({ closed }) => closed)),
      delay(limits.shutdownMs, undefined, { ref: false }),
    ]);
    for (const peer of peers) peer.terminate();
  }
}
