import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { closeCodes, limits } from './limits.js';
import { MessageRate } from './message-rate.js';

/** Pings of a client that has so much unread are not answered: it would not see the answer, which only takes memory. */
const mostUnreadBytes = 64 * 1024;

/** A client that is cut off has this long to read why. */
const lastWordMs = 1_000;

/**
 * Answers pings (RFC 6455 §5.5.2), which the library does however many are sent: two connections with nothing else kept everybody
 * waiting for 6 s. Pongs that nobody asked for (§5.5.3) count with them.
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
      const take = () => {
        const isTaken = rate.take();
        if (!isTaken && rate.refused > limits.refusals) cutOff(ws, 'Too many pings and pongs');
        return isTaken;
      };
      ws.on('ping', (data) => {
        if (take() && ws.bufferedAmount < mostUnreadBytes) ws.pong(data);
      });
      ws.on('pong', take);
      callback(ws, upgraded);
    });
  }
}

/** Closes the connection of a client that sends too much, and reads nothing more: its farewell would come after all of that. */
export function cutOff(ws: WebSocket, reason: string): void {
  if (ws.readyState !== ws.OPEN) return;
  ws.close(closeCodes.tooMany, reason);
  ws.pause();
  setTimeout(() => ws.terminate(), lastWordMs).unref();
}
