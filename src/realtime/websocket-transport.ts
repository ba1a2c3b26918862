import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { RawData, WebSocket } from 'ws';
import { bearerToken } from '../http/bearer-token.js';
import { ConnectionStats } from '../common/connection-stats.js';
import { writeRawError } from '../http/raw-error.js';
import { toAppError } from '../http/error-filter.js';
import { AppError } from '../common/errors.js';
import { UnreadBytes } from '../request-limits/unread-bytes.js';
import { BoundedWebSocketServer } from './bounded-websocket-server.js';
import type { Connection } from './connection.js';
import { ClientLimits } from './client-limits.js';
import { Connections } from './connections.js';
import { IncomingMessages } from './incoming-messages.js';
import { limits } from './limits.js';
import { socketIoPath } from './socket-io-transport.js';
import { WebSocketPeer } from './websocket-peer.js';

const address = /^\/ws\/([\w.~:-]{1,128})\/?(?:\?|$)/;

/** Serves plain WebSocket at `/ws/{session_id}`. */
@Injectable()
export class WebSocketTransport {
  private readonly server = new BoundedWebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.messageBytes,
  });
  private readonly peers = new Set<WebSocketPeer>();
  private heartbeat: NodeJS.Timeout | undefined;
  private open = true;

  constructor(
    private readonly connections: Connections,
    private readonly messages: IncomingMessages,
    private readonly clientLimits: ClientLimits,
    private readonly stats: ConnectionStats,
    private readonly unread: UnreadBytes,
  ) {}

  attach(http: Server): void {
    http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      this.upgrade(request, socket, head),
    );
    this.server.on('wsClientError', (_error, socket: Socket) =>
      refuse(socket, new AppError('MALFORMED_REQUEST')),
    );
    this.heartbeat = setInterval(() => {
      for (const peer of this.peers) peer.heartbeat();
    }, limits.heartbeatMs);
  }

  /** Refuses new connections from now on. */
  stop(): void {
    this.open = false;
    clearInterval(this.heartbeat);
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const url = request.url ?? '';
    if (url.startsWith(socketIoPath)) return;
    const [, sessionId] = address.exec(url) ?? [];
    if (sessionId === undefined) return refuse(socket, new AppError('RESOURCE_NOT_FOUND'));
    if (!this.open) return refuse(socket, new AppError('WEBSOCKET_CONNECTION_FAILED'));
    // Nothing is read from the client until the handshake has been checked.
    const onError = () => socket.destroy();
    socket.on('error', onError);
    void this.clientLimits.check(request).then(
      () => {
        socket.off('error', onError);
        if (!socket.destroyed) this.accept(request, socket, head, sessionId);
      },
      (error: unknown) => refuse(socket, toAppError(error)),
    );
  }

  private accept(request: IncomingMessage, socket: Socket, head: Buffer, sessionId: string): void {
    this.server.handleUpgrade(request, socket, head, (ws) => {
      this.connect(ws, socket, sessionId, request);
    });
  }

  private connect(ws: WebSocket, socket: Socket, sessionId: string, request: IncomingMessage): void {
    const token = bearerToken(request.headers.authorization);
    const unread = this.unread.open(this.clientLimits.addressOf(request), () => ws.terminate());
    const peer: WebSocketPeer = new WebSocketPeer(ws, socket, unread, (milliseconds) =>
      this.stats.answered(connection, milliseconds),
    );
    const connection: Connection = this.connections.open(peer, sessionId, this.clientLimits.enter(request));
    this.peers.add(peer);
    ws.on('message', (data, isBinary) => {
      peer.markAlive();
      this.messages.receive(connection, () => readMessage(data, isBinary), (data as Buffer).length);
    });
    ws.on('close', () => {
      this.peers.delete(peer);
      connection.onClosed();
    });
    // Errors of frames and of connections are followed by 'close'.
    ws.on('error', () => undefined);
    if (token !== undefined) this.messages.receive(connection, () => ({ type: 'authenticate', token }), 0);
    peer.heartbeat();
  }
}

function readMessage(data: RawData, isBinary: boolean): unknown {
  const bytes = data as Buffer;
  if (isBinary) throw new AppError('VALIDATION_INVALID_FORMAT', { issue: 'Send JSON in text frames' });
  try {
    return JSON.parse(bytes.toString());
  } catch (cause) {
    throw new AppError('VALIDATION_INVALID_FORMAT', { issue: 'The message is not JSON' }, { cause });
  }
}

/** Answers a refused upgrade with an error envelope, like any other request. */
function refuse(socket: Socket, error: AppError): void {
  const seconds = error.retryAfterSeconds;
  const headers: Record<string, string> = { 'Sec-WebSocket-Version': '13' };
  if (seconds !== undefined) headers['Retry-After'] = String(Math.ceil(seconds));
  writeRawError(socket, error, headers);
}
