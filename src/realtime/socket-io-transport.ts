import { ServerResponse, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Server, type Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { bearerToken } from '../http/bearer-token.js';
import { ConnectionStats } from '../common/connection-stats.js';
import { toAppError } from '../http/error-filter.js';
import { AppError } from '../common/errors.js';
import { UnreadResponses } from '../request-limits/unread-responses.js';
import { UnreadBytes } from '../request-limits/unread-bytes.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { BoundedWebSocketServer, cutOff } from './bounded-websocket-server.js';
import type { Connection } from './connection.js';
import { ConnectionAuthenticator } from './connection-authenticator.js';
import { ClientLimits } from './client-limits.js';
import { Connections } from './connections.js';
import { costOf, IncomingMessages } from './incoming-messages.js';
import type { Reply } from './server-message.js';
import { limits } from './limits.js';
import { MessageRate } from './message-rate.js';
import { SocketIoPeer } from './socket-io-peer.js';

/** The type of a CONNECT packet, which asks for a namespace (socket.io protocol 5). */
const connectPacket = '0';

export const socketIoPath = '/socket.io/';

const handshakeSchema = z.object({
  token: z.string().max(8192).optional().catch(undefined),
  session_id: z.string().max(128).optional().catch(undefined),
});

/** Serves socket.io on the port of the HTTP server: the token comes with the handshake, and events are named after message types. */
@Injectable()
export class SocketIoTransport {
  private server: Server | undefined;
  /** Functions that end a connection's place among those that have not authenticated (`ClientLimits.enter`). */
  private readonly releases = new WeakMap<object, () => void>();

  constructor(
    private readonly connections: Connections,
    private readonly messages: IncomingMessages,
    private readonly clientLimits: ClientLimits,
    private readonly authenticator: ConnectionAuthenticator,
    private readonly stats: ConnectionStats,
    private readonly responses: UnreadResponses,
    private readonly unread: UnreadBytes,
    private readonly infrastructure: Infrastructure,
  ) {}

  attach(http: HttpServer): void {
    const origins = this.infrastructure.config.CORS_ORIGINS;
    this.server = new Server({
      path: socketIoPath,
      // Upgrades on other paths are answered by `WebSocketTransport`.
      destroyUpgrade: false,
      maxHttpBufferSize: limits.messageBytes,
      wsEngine: BoundedWebSocketServer,
      // engine.io refuses with 403, and the error code as its message.
      allowRequest: (request, answer) => {
        this.clientLimits.check(request).then(
          () => answer(null, true),
          (error: unknown) => answer(toAppError(error).code, false),
        );
      },
      connectTimeout: limits.authenticationMs,
      pingInterval: limits.heartbeatMs,
      cors: { origin: origins.includes('*') ? '*' : origins },
    });
    this.server.use((socket, next) => {
      // oxlint-disable-next-line promise/no-callback-in-promise -- socket.io has no other way
      void this.admit(socket).then(next);
    });
    this.server.on('connection', (socket) => this.serve(socket));
    this.server.attach(http, { destroyUpgrade: false, path: socketIoPath });
    this.server.engine.use((request: IncomingMessage, response: unknown, next: () => void) =>
      this.boundPolls(request, response, next),
    );
    this.server.engine.on('connection', (socket: RawSocket) => {
      this.boundPackets(socket);
      const release = this.clientLimits.enter(socket.request);
      this.releases.set(socket, release);
      socket.once('close', release);
    });
  }

  /** Drops handshakes that never became a connection. The HTTP server, which socket.io would close, is closed by Nest. */
  stop(): void {
    this.server?.engine.close();
  }

  /**
   * Closes a connection that keeps sending CONNECT packets, or sends more packets than any client would: socket.io does work for each
   * packet even if it is invalid, and keeps state for each requested namespace as long as the connection lives.
   */
  private boundPackets(socket: RawSocket): void {
    const rate = new MessageRate(limits.packetsPerSecond, limits.packetBurst);
    const isRateLimited = this.infrastructure.config.RATE_LIMIT_ENABLED;
    let connects = 0;
    socket.on('packet', ({ type, data }: { type: string; data?: unknown }) => {
      if (type === 'message' && typeof data === 'string' && data.startsWith(connectPacket)) connects += 1;
      // Messages are limited only where requests are, by RATE_LIMIT_ENABLED; packets of other types always are.
      const isCounted = isRateLimited || type !== 'message';
      if (connects > limits.failedAuthentications || (isCounted && !rate.take())) drop(socket);
    });
  }

  /** Holds back each long poll until the previous answer has left: engine.io regards as read what it has written. */
  private boundPolls(request: IncomingMessage, response: unknown, next: () => void): void {
    // The response of an upgrade is not a `ServerResponse`.
    if (!(response instanceof ServerResponse)) return next();
    this.responses.watch(response, () => this.clientLimits.addressOf(request));
    this.responses.inTurn(request.socket, response, () => {
      const sid = new URLSearchParams(request.url?.split('?')[1]).get('sid');
      if (request.method !== 'GET' || sid === null) next();
      else this.responses.inTurn(`poll of ${sid}`, response, next);
    });
  }

  /** @returns the error for a client that is refused */
  private async admit(socket: Socket): Promise<Error | undefined> {
    try {
      await this.signIn(socket);
      return undefined;
    } catch (error) {
      return refusal(error);
    }
  }

  private async signIn(socket: Socket): Promise<void> {
    const { token = bearerToken(socket.handshake.headers.authorization), session_id } = handshakeSchema.parse(
      socket.handshake.auth,
    );
    if (token === undefined || token === '') throw new AppError('AUTH_TOKEN_MISSING');
    const unread = this.unread.open(this.clientLimits.addressOf(socket.request), () =>
      socket.conn.close(true),
    );
    const peer: SocketIoPeer = new SocketIoPeer(socket, unread, (milliseconds) =>
      this.stats.answered(connection, milliseconds),
    );
    const connection: Connection = this.connections.open(
      peer,
      session_id ?? null,
      this.releases.get(socket.conn) ?? (() => undefined),
    );
    socket.conn.once('close', () => connection.onClosed());
    try {
      await this.authenticator.admit(connection, token);
      connection.signedIn();
    } catch (error) {
      connection.onClosed();
      throw error;
    }
    (socket.data as { connection?: Connection }).connection = connection;
  }

  private serve(socket: Socket): void {
    const { connection } = socket.data as { connection: Connection };
    socket.on('disconnect', () => connection.onClosed());
    // socket.io has parsed a message before it passes it on, so the length counts even if the message is refused.
    socket.conn.on('packet', ({ data }: { data?: string | Buffer }) => {
      if (data !== undefined) connection.rate.charge(costOf(Buffer.byteLength(data)) - 1);
    });
    socket.onAny((type: string, ...values: unknown[]) => {
      const last = values.at(-1);
      // A client that requests an acknowledgement receives the answer there only.
      const reply = typeof last === 'function' ? answerTo(last as (body: unknown) => void) : undefined;
      this.messages.receive(connection, () => readEvent(type, values[0]), 0, reply);
    });
    if (!connection.closed) connection.send(this.authenticator.greeting(connection));
  }
}

type RawSocket = Socket['conn'];

/** Closes the connection of a client that sends too much. Over WebSocket it is cut off first, since socket.io would go on reading. */
function drop(socket: RawSocket): void {
  const { socket: ws } = socket.transport as unknown as { socket?: WebSocket };
  if (ws) cutOff(ws, 'Too many packets');
  socket.close(true);
}

const answerTo =
  (acknowledge: (body: unknown) => void): Reply =>
  ({ body }) =>
    acknowledge(body);

/** Converts an event of socket.io into a message of that type. */
function readEvent(type: string, value: unknown): unknown {
  if (value === undefined || value === null || typeof value === 'function') return { type };
  if (typeof value !== 'object' || Array.isArray(value) || Buffer.isBuffer(value)) {
    throw new AppError('VALIDATION_INVALID_FORMAT', { issue: 'Send an object' });
  }
  return { ...value, type };
}

/** The error of the client's `connect_error`: the code as its message, and the `data` of an `error` message. */
function refusal(thrown: unknown): Error {
  const { code, message, details } = toAppError(thrown);
  return Object.assign(new Error(code), { data: { code, message, details } });
}
