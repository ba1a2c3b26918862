import { Injectable } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { UnreadBytes } from './unread-bytes.js';

/**
 * A client that takes nothing of its answer is cut off after 30 s at most. Node looks once in this time whether bytes have left since
 * it looked before, and of the first look it only learns how many are left.
 */
export const stalledMs = 15_000;
/** Requests that wait behind another one; a client that sends more of them without an answer is cut off. */
const mostWaiting = 100;

interface Waiting {
  response: ServerResponse;
  begin: () => void;
}

/** Bounds what waits for clients that ask and do not read the answers. */
@Injectable()
export class UnreadResponses {
  private readonly lines = new Map<unknown, Waiting[]>();

  constructor(private readonly unread: UnreadBytes) {}

  /**
   * Lets the requests of one connection begin one after the other, each when the answer to the one before has been taken (RFC 9112
   * §9.3.2 allows a server that). Node reads on, and a packet of 64 KiB holds a thousand requests, each with an answer that may
   * have megabytes.
   * @param key the connection, or what else has one answer at a time
   */
  inTurn(key: unknown, response: ServerResponse, begin: () => void): void {
    const line = this.lines.get(key);
    if (!line) {
      this.lines.set(key, []);
      this.begin(key, { response, begin });
    } else if (line.length >= mostWaiting) response.req.socket.destroy();
    else line.push({ response, begin });
  }

  /**
   * Counts what a client has not taken when its answer is complete, and cuts it off when it stalls.
   * @param owner whose answer it is, asked when it is complete
   */
  watch(response: ServerResponse, owner: () => string): void {
    // all of it has been passed on to the connection then
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
    const line = this.lines.get(key)!;
    // whose connection is closed, or was told to be, waits for nothing any more
    while (line[0] && !line[0].response.req.socket.writable) line.shift();
    const next = line.shift();
    if (next) this.begin(key, next);
    else this.lines.delete(key);
  }
}
