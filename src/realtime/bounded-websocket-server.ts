import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { closeCodes, limits } from './limits.js';
import { MessageRate } from './message-rate.js';

/** Pings of a client that has so much unread are not answered: it would not see the answer, which only takes memory. */
const mostUnreadBytes = 64 * 1024;

/**
 * Answers pings (RFC 6455 §5.5.2), which the library does however many are sent: two connections with nothing else kept everybody
 * waiting for 6 s.
 */
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
      const rate = new MessageRate(limits.messagesPerSecond, limits.messageBurst);
      ws.on('ping', (data) => {
        if (rate.take()) {
          if (ws.bufferedAmount < mostUnreadBytes) ws.pong(data);
        } else if (rate.refused > limits.refusals) cutOff(ws);
      });
      callback(ws, upgraded);
    });
  }
}

/** Waits for no farewell: until it came, every ping would be read. */
function cutOff(ws: WebSocket): void {
  if (ws.readyState !== ws.OPEN) return;
  ws.close(closeCodes.tooMany, 'Too many pings');
  setImmediate(() => ws.terminate());
}
