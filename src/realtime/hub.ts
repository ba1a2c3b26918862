import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ConnectionStats } from '../common/connection-stats.js';
import { toAppError } from '../http/error-filter.js';
import { AppError } from '../common/errors.js';
import { sockets } from '../common/metrics.js';
import { hasEnded, may } from '../common/permissions.js';
import { checkScopes } from '../common/scopes.js';
import { parse } from '../http/validation.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { clientMessages, typeSchema, type ClientMessage, type ClientMessageType } from './client-message.js';
import { Connection } from './connection.js';
import { Connections } from './connections.js';
import { closing } from './doorkeeper.js';
import { Handlers, type HandledType } from './handlers.js';
import { HandshakeLimits } from './handshake-limits.js';
import { closeCodes, limits } from './limits.js';
import { errorMessage, Message } from './message.js';
import type { Peer } from './peer.js';
import { Subscribers } from './subscribers.js';

export type Reply = (answer: Message) => void;

/** Where both transports meet: it keeps the connections and has their messages dealt with. */
@Injectable()
export class Hub {
  constructor(
    private readonly connections: Connections,
    private readonly handlers: Handlers,
    private readonly subscribers: Subscribers,
    private readonly stats: ConnectionStats,
    private readonly handshakes: HandshakeLimits,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Takes a connection in; it has 10 s to say whom it speaks for.
   * @param signedIn called when it has, or is closed
   */
  open(peer: Peer, sessionId: string | null, signedIn: () => void): Connection {
    const connection = new Connection(peer, sessionId, signedIn);
    const timer = setTimeout(() => {
      if (!connection.identity)
        connection.refuse(closeCodes.unauthenticated, new AppError('AUTH_TOKEN_MISSING', {}, signIn));
    }, limits.authenticationMs);
    this.connections.add(connection);
    this.stats.opened(connection);
    sockets.inc();
    const forget = () => {
      clearTimeout(timer);
      signedIn();
      this.connections.delete(connection);
      this.subscribers.removeAll(connection);
      this.stats.closed(connection);
      sockets.dec();
    };
    connection.signal.addEventListener('abort', forget, { once: true });
    return connection;
  }

  /**
   * Deals with one message; whatever is wrong with it is answered, and the connection lives on.
   * @param read gives the message, or throws when it cannot be read
   * @param reply takes the answer; it is sent as a message of its own unless said
   */
  receive(
    connection: Connection,
    read: () => unknown,
    reply: Reply = (answer) => connection.send(answer),
  ): void {
    if (connection.closed) return;
    if (this.infrastructure.config.RATE_LIMIT_ENABLED && !connection.rate.take())
      return this.slowDown(connection, reply);
    let type: ClientMessageType | undefined;
    try {
      const value = read();
      type = parse(typeSchema, value).type;
      const request = parse(clientMessages[type], value);
      // a client that asks whether we are there must not wait behind what we are doing for it
      if (type === 'ping') return reply(pong(request as ClientMessage<'ping'>));
      const handled = type;
      if (!connection.enqueue(() => this.handle(connection, handled, request, reply))) {
        throw new AppError('RATE_LIMIT_EXCEEDED', { waiting: limits.pending });
      }
    } catch (error) {
      this.answerError(error, type, reply);
    }
  }

  /** Closes every connection: clients come back, to another process or after the restart. */
  async closeAll(): Promise<void> {
    const peers = [...this.connections].map(({ peer }) => peer);
    for (const connection of this.connections)
      connection.end(closeCodes.goingAway, 'The server is shutting down');
    await Promise.race([
      Promise.all(peers.map(({ gone }) => gone)),
      delay(limits.shutdownMs, undefined, { ref: false }),
    ]);
    for (const peer of peers) peer.terminate();
  }

  private async handle(
    connection: Connection,
    type: HandledType,
    request: unknown,
    reply: Reply,
  ): Promise<void> {
    const handler = this.handlers.table[type];
    const { access } = handler;
    try {
      const actor = connection.identity;
      if (access !== 'anybody') {
        if (!actor) throw new AppError('AUTH_TOKEN_MISSING', {}, signIn);
        // the message may have waited, and the timer that closes the connection may be late
        if (hasEnded(actor)) return connection.refuse(closeCodes.expired, new AppError('AUTH_TOKEN_EXPIRED'));
        checkScopes(actor, handler.scopes?.(request as never) ?? []);
        if (!may(actor, access)) throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: access });
        await this.handshakes.countMessage(actor, type);
      }
      await handler.run(connection, request as never, reply, actor as never);
    } catch (thrown) {
      const error = this.answerError(thrown, type, reply);
      if (type === 'authenticate') this.refused(connection, error);
    }
  }

  /** A token was not taken: some reasons close the connection, and so does trying one after the other. */
  private refused(connection: Connection, error: AppError): void {
    connection.failedAuthentications += 1;
    const isTooOften = connection.failedAuthentications >= limits.failedAuthentications;
    // a connection that has a user keeps it, whatever another token is worth
    const ofHandshake = connection.identity ? undefined : closing[error.code];
    const closeCode = ofHandshake ?? (isTooOften ? closeCodes.tooMany : undefined);
    if (closeCode !== undefined) connection.end(closeCode, error.message);
  }

  private slowDown(connection: Connection, reply: Reply): void {
    reply(errorMessage(new AppError('RATE_LIMIT_EXCEEDED', { limit: limits.messagesPerSecond, window: 1 })));
    if (connection.rate.refused > limits.refusals) connection.end(closeCodes.tooMany, 'Too many messages');
  }

  private answerError(thrown: unknown, type: ClientMessageType | undefined, reply: Reply): AppError {
    // the check of texts walks into what it is given
    const tooDeep = thrown instanceof RangeError;
    const error = tooDeep
      ? new AppError('VALIDATION_INVALID_FORMAT', { issue: 'Nested too deeply' })
      : toAppError(thrown);
    this.infrastructure.logger[error.level]({ code: error.code, type, err: error.cause }, error.message);
    reply(errorMessage(error, type === undefined ? {} : { request: type }));
    return error;
  }
}

/** Carries the client's own time back to it, so that it can tell how long the way is. */
const pong = ({ timestamp }: ClientMessage<'ping'>) =>
  new Message({ type: 'pong', timestamp: timestamp ?? Date.now() });

const signIn = { message: 'Send {"type": "authenticate", "token": "…"} first' };
