import { Injectable } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { UnreadBytes } from './unread-bytes.js';

/**
 * The socket timeout of a response that is not read. Its client is disconnected after at most 30 s: Node checks once in this time
 * whether bytes have left since the previous check, and its first check only records the count.
 */
export const stalledMs = 15_000;
/** Requests that may wait on one connection; a client that pipelines more is disconnected. */
const maxWaiting = 100;

interface Waiting {
  response: ServerResponse;
  begin: () => void;
}

/** Bounds the responses that wait for clients which send requests and do not read. */
@Injectable()
export class UnreadResponses {
  private readonly queues = new Map<unknown, Waiting[]>();

  constructor(private readonly unread: UnreadBytes) {}

  /**
   * Begins the requests of one connection one after the other, each when the previous response has left (allowed by RFC 9112 §9.3.2).
   * Node parses pipelined requests at once, and a packet of 64 KiB holds a thousand of them, each with a response of up to megabytes.
   * @param key the connection, or anything else that has one response at a time
   */
  inTurn(key: unknown, response: ServerResponse, begin: () => void): void {
    const queue = this.queues.get(key);
    if (!queue) {
      this.queues.set(key, []);
      this.begin(key, { response, begin });
    } else if (queue.length >= maxWaiting) response.req.socket.destroy();
    else queue.push({ response, begin });
  }

  /**
   * Counts the unread bytes of a complete response, and disconnects a client that stalls.
   * @param owner returns the user or network of the request, called when the response is complete
   */
  watch(response: ServerResponse, owner: () => string): void {
    // At 'prefinish' the whole response has been passed on to the socket.
    response.once('prefinish', () => {
      const { socket } = response;
      if (!socket?.writableLength) return;
      const unread = this.unread.open(owner(), () => socket.destroy());
      response.once('close', () => unread.close());
      response.setTimeout(stalledMs, () => socket.destroy());
      unread.add(socket.writableLength);
    });
  }

  private begin(key: unknown, { response, begin }: Waiting): void {
    response.once('close', () => this.next(key));
    begin();
  }

  private next(key: unknown): void {
    const queue = this.queues.get(key)!;
    // Requests whose connection is closed or closing are dropped.
    while (queue[0] && !queue[0].response.req.socket.writable) queue.shift();
    const next = queue.shift();
    if (next) this.begin(key, next);
    else this.queues.delete(key);
  }
}
