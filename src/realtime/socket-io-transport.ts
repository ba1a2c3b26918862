import { ServerResponse, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Server, type Socket } from 'socket.io';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { bearerToken } from '../http/bearer-token.js';
import { ConnectionStats } from '../common/connection-stats.js';
import { toAppError } from '../http/error-filter.js';
import { AppError } from '../common/errors.js';
import { UnreadAnswers } from '../request-limits/unread-answers.js';
import { UnreadBytes } from '../request-limits/unread-bytes.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { BoundedWebSocketServer, cutOff } from './bounded-websocket-server.js';
import type { Connection } from './connection.js';
import { ConnectionAuthenticator } from './connection-authenticator.js';
import { ClientLimits } from './client-limits.js';
import { Connections } from './connections.js';
import { costOf, IncomingMessages } from './incoming-messages.js';
import type { Reply } from './message.js';
import { limits } from './limits.js';
import { MessageRate } from './message-rate.js';
import { SocketIoPeer } from './socket-io-peer.js';

/** The type of a packet that asks for a namespace (socket.io protocol 5). */
const connectPacket = '0';

export const socketIoPath = '/socket.io/';

const handshakeSchema = z.object({
  token: z.string().max(8192).optional().catch(undefined),
  session_id: z.string().max(128).optional().catch(undefined),
});

/** socket.io on the same port: the token comes with the handshake, messages are events of the same names. */
@Injectable()
export class SocketIoTransport {
  private server: Server | undefined;
  /** What ends the place of a connection among those that have not signed in. */
  private readonly places = new WeakMap<object, () => void>();

  constructor(
    private readonly connections: Connections,
    private readonly messages: IncomingMessages,
    private readonly clientLimits: ClientLimits,
    private readonly authenticator: ConnectionAuthenticator,
    private readonly stats: ConnectionStats,
    private readonly answers: UnreadAnswers,
    private readonly unread: UnreadBytes,
    private readonly infrastructure: Infrastructure,
  ) {}

  attach(http: HttpServer): void {
    const origins = this.infrastructure.config.CORS_ORIGINS;
    this.server = new Server({
      path: socketIoPath,
      // upgrades for others are answered by the other transport
      destroyUpgrade: false,
      maxHttpBufferSize: limits.messageBytes,
      wsEngine: BoundedWebSocketServer,
      // its way of saying no is 403, with the code as message
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
      const leave = this.clientLimits.enter(socket.request);
      this.places.set(socket, leave);
      socket.once('close', leave);
    });
  }

  /** Drops what never got as far as a connection. The HTTP server is not ours to close. */
  stop(): void {
    this.server?.engine.close();
  }

  /**
   * Ends a connection that goes on to ask for a sign-in, or sends more than any client would: each packet costs the library work,
   * whatever it thinks of it, and a request for a namespace stays with the connection.
   */
  private boundPackets(socket: RawSocket): void {
    const rate = new MessageRate(limits.packetsPerSecond, limits.packetBurst);
    const isRateLimited = this.infrastructure.config.RATE_LIMIT_ENABLED;
    let connects = 0;
    socket.on('packet', ({ type, data }: { type: string; data?: unknown }) => {
      if (type === 'message' && typeof data === 'string' && data.startsWith(connectPacket)) connects += 1;
      // messages are bounded where requests are; nothing is asked with the others
      const isCounted = isRateLimited || type !== 'message';
      if (connects > limits.failedAuthentications || (isCounted && !rate.take())) drop(socket);
    });
  }

  /** A poll is answered when the answer to the one before has been taken: engine.io takes what it wrote for read. */
  private boundPolls(request: IncomingMessage, response: unknown, next: () => void): void {
    // an upgrade has an answer of another kind
    if (!(response instanceof ServerResponse)) return next();
    this.answers.watch(response, () => this.clientLimits.addressOf(request));
    this.answers.inTurn(request.socket, response, () => {
      const sid = new URLSearchParams(request.url?.split('?')[1]).get('sid');
      if (request.method !== 'GET' || sid === null) next();
      else this.answers.inTurn(`poll of ${sid}`, response, next);
    });
  }

  /** @returns why the client is refused, if it is */
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
      this.places.get(socket.conn) ?? (() => undefined),
    );
    socket.conn.once('close', () => connection.gone());
    try {
      await this.authenticator.admit(connection, token);
      connection.signedIn();
    } catch (error) {
      connection.gone();
      throw error;
    }
    (socket.data as { connection?: Connection }).connection = connection;
  }

  private serve(socket: Socket): void {
    const { connection } = socket.data as { connection: Connection };
    socket.on('disconnect', () => connection.gone());
    // The library has read a message before it gives it away, so its length counts whatever becomes of it.
    socket.conn.on('packet', ({ data }: { data?: string | Buffer }) => {
      if (data !== undefined) connection.rate.charge(costOf(Buffer.byteLength(data)) - 1);
    });
    socket.onAny((type: string, ...values: unknown[]) => {
      const last = values.at(-1);
      // who asks for an acknowledgement gets the answer there, and only there
      const reply = typeof last === 'function' ? answerTo(last as (body: unknown) => void) : undefined;
      this.messages.receive(connection, () => readEvent(type, values[0]), 0, reply);
    });
    if (!connection.closed) connection.send(this.authenticator.greeting(connection));
  }
}

type RawSocket = Socket['conn'];

/** Closes a connection whose client sends too much; over WebSocket the library would go on to read it. */
function drop(socket: RawSocket): void {
  const { socket: ws } = socket.transport as unknown as { socket?: WebSocket };
  if (ws) cutOff(ws, 'Too many packets');
  socket.close(true);
}

const answerTo =
  (acknowledge: (body: unknown) => void): Reply =>
  ({ body }) =>
    acknowledge(body);

/** An event is a message whose type is its name. */
function readEvent(type: string, value: unknown): unknown {
  if (value === undefined || value === null || typeof value === 'function') return { type };
  if (typeof value !== 'object' || Array.isArray(value) || Buffer.isBuffer(value)) {
    throw new AppError('VALIDATION_INVALID_FORMAT', { issue: 'Send an object' });
  }
  return { ...value, type };
}

/** What the client's `connect_error` carries: the code as message, and the same `data` as in an `error` message. */
function refusal(thrown: unknown): Error {
  const { code, message, details } = toAppError(thrown);
  return Object.assign(new Error(code), { data: { code, message, details } });
}
