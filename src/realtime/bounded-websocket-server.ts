import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';
import { closeCodes, limits } from './limits.js';
import { MessageRate } from './message-rate.js';

/** Pings of a client with this much unread data are not answered: it would not read the pong, which only takes memory. */
const maxUnreadBytes = 64 * 1024;

/** The time that a client has to read its close frame before its connection is terminated. */
const closeGraceMs = 1_000;

/**
 * Answers pings (RFC 6455 §5.5.2) within a rate limit. `ws` answers them however many are sent: two connections that sent nothing but
 * pings delayed all other clients by 6 s. Unsolicited pongs (§5.5.3) count towards the same limit.
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
        if (take() && ws.bufferedAmount < maxUnreadBytes) ws.pong(data);
      });
      ws.on('pong', take);
      callback(ws, upgraded);
    });
  }
}

/** Closes the connection of a client that sends too much and stops reading, since the client's close frame would come after all of that. */
export function cutOff(ws: WebSocket, reason: string): void {
  if (ws.readyState !== ws.OPEN) return;
  ws.close(closeCodes.tooMany, reason);
  ws.pause();
  setTimeout(() => ws.terminate(), closeGraceMs).unref();
}
