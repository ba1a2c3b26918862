import type { Server } from 'node:http';
import { Injectable, type WebSocketAdapter, type WsMessageHandler } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { lastValueFrom, type Observable } from 'rxjs';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { ServerMessage } from './server-message.js';
import { SocketIoTransport } from './socket-io-transport.js';
import { WebSocketTransport } from './websocket-transport.js';

/** Serves Nest's gateway over both transports, on the port of the HTTP server. The client of the gateway is a `Connection`. */
@Injectable()
export class RealtimeAdapter implements WebSocketAdapter<Connections, Connection> {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly connections: Connections,
    private readonly webSocket: WebSocketTransport,
    private readonly socketIo: SocketIoTransport,
  ) {}

  create(): Connections {
    const http = this.host.httpAdapter.getHttpServer() as Server;
    this.webSocket.attach(http);
    this.socketIo.attach(http);
    return this.connections;
  }

  bindClientConnect(connections: Connections, callback: (connection: Connection) => void): void {
    connections.onOpen = callback;
  }

  bindClientDisconnect({ signal }: Connection, callback: () => void): void {
    signal.addEventListener('abort', () => callback(), { once: true });
  }

  bindMessageHandlers(
    connection: Connection,
    handlers: WsMessageHandler[],
    transform: (result: unknown) => Observable<unknown>,
  ): void {
    for (const { message: type, callback } of handlers) {
      connection.handlers.set(type, async (message, reply) => {
        const handled = transform(callback(message, reply));
        const answer = await lastValueFrom(handled, { defaultValue: undefined });
        if (answer instanceof ServerMessage) reply(answer);
      });
    }
  }

  /** Closes every connection before the HTTP server is closed, since the server waits for them. */
  async close(connections: Connections): Promise<void> {
    this.webSocket.stop();
    await connections.closeAll();
  }

  dispose(): void {
    this.socketIo.stop();
  }
}
