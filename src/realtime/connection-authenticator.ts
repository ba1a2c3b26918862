import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Actors } from '../auth/actors.js';
import { BearerGuard } from '../auth/bearer.guard.js';
import { callAt } from '../common/call-at.js';
import { toAppError } from '../http/error-filter.js';
import { AppError } from '../common/errors.js';
import { accountOf, endOf, permissionsOf } from '../common/permissions.js';
import { ConnectionCounts, connectionsPerUser } from '../infra/connection-counts.js';
import type { Connection } from './connection.js';
import { closeCodes, limits } from './limits.js';
import { message, type ServerMessage } from './server-message.js';

const workSession = z.uuid();

/** Authenticates connections, and keeps their identities (role, account state) up to date. */
@Injectable()
export class ConnectionAuthenticator {
  constructor(
    private readonly bearer: BearerGuard,
    private readonly actors: Actors,
    private readonly counts: ConnectionCounts,
  ) {}

  /**
   * Authenticates a connection; a later token of the same user replaces the first.
   * @throws AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED, WEBSOCKET_CONNECTION_FAILED when the user has too many
   */
  async admit(connection: Connection, token: string): Promise<void> {
    const actor = await this.bearer.authenticate(`Bearer ${token}`, connection.peer.unread.owner);
    if (connection.closed) return;
    const before = connection.identity?.id;
    if (before !== undefined && before !== actor.id) {
      throw new AppError(
        'AUTH_TOKEN_INVALID',
        {},
        { message: 'The token is of another user than the connection' },
      );
    }
    if (before === undefined) await this.count(connection, accountOf(actor));
    // The activity of this connection belongs to the work session that its address names.
    const sessionId = workSession.safeParse(connection.sessionId).data;
    connection.identity = { ...actor, sessionId };
    connection.peer.unread.belongTo(accountOf(actor));
    this.closeAtTokenExpiry(connection);
    // Events of changes since the token was checked did not reach this connection, which had no user yet.
    await this.renew(connection).catch((error: unknown) => {
      connection.refuse(closeCodes.unauthenticated, toAppError(error));
      throw error;
    });
  }

  /** Closes the connection when its token expires: it must not outlive the token that opened it, or the later one that replaced it. */
  private closeAtTokenExpiry(connection: Connection): void {
    connection.cancelExpiry();
    const end = connection.identity && endOf(connection.identity);
    if (!end) return;
    connection.cancelExpiry = callAt(end, () =>
      connection.refuse(closeCodes.expired, new AppError('AUTH_TOKEN_EXPIRED')),
    );
  }

  /** The answer to a token that was accepted. */
  greeting({ identity, sessionId }: Connection): ServerMessage {
    const { id, username, role } = identity!;
    return message('authenticated', {
      user_id: id,
      username,
      role,
      permissions: permissionsOf(role),
      session_id: sessionId,
      max_message_bytes: limits.messageBytes,
    });
  }

  /**
   * Reloads the identity of a connection's user.
   * @throws AUTH_TOKEN_INVALID when its tokens were revoked, AUTH_ACCOUNT_DISABLED
   */
  async renew(connection: Connection): Promise<void> {
    if (!connection.identity) return;
    const before = connection.identity;
    const renewed = await this.actors.renew(before);
    // A later token may have replaced the identity meanwhile.
    if (connection.identity === before) connection.identity = renewed;
  }

  /** Looks up the users of many connections at once, before a caller `renew`s each of them. */
  async prefetch(connections: readonly Connection[]): Promise<void> {
    await this.actors.prefetch(connections.flatMap(({ identity }) => identity ?? []));
  }

  private async count(connection: Connection, userId: string): Promise<void> {
    const release = await this.counts.acquire(userId);
    if (!release) {
      const details = { limit: connectionsPerUser };
      throw new AppError('WEBSOCKET_CONNECTION_FAILED', details, {
        message: 'You have too many connections',
      });
    }
    // The connection may have been closed while its user's connections were counted.
    if (connection.closed) release();
    else connection.signal.addEventListener('abort', release, { once: true });
  }
}
