import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';

/** Pings of a client that has so much unread are not answered: it would not see the answer, which only takes memory. */
const mostUnreadBytes = 64 * 1024;

/** Answers pings (RFC 6455 §5.5.2), which the library does however many are sent by a client that reads no answer. */
export class BoundedWebSocketServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    super({ ...options, autoPong: false });
  }

  override handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    callback: (client: WebSocket, request: IncomingMessage) => void,
  ): void {
    super.handleUpgrade(request, socket, head, (ws, upgraded) => {
      ws.on('ping', (data) => {
        if (ws.bufferedAmount < mostUnreadBytes) ws.pong(data);
      });
      callback(ws, upgraded);
    });
  }
}
