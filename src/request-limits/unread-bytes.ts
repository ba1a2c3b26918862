import { Injectable } from '@nestjs/common';
import { cutOffConnections } from '../common/metrics.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** How many bytes may wait in this process for clients to read them. */
export const unreadLimits = {
  /** Output waits for its reader while its connection has this much. */
  perConnection: MiB,
  /** A connection that has less gets output also when its user, or everybody, has too much: none waits for another one to read. */
  always: 64 * KiB,
  /** While they have more, each of their connections gets no more than `always`. */
  slowDown: { perUser: 16 * MiB, inAll: 64 * MiB },
  /** What cannot wait, such as events and answers, may take them this far: beyond it the connection with the most is cut off. */
  cutOff: { perUser: 64 * MiB, inAll: 256 * MiB },
} as const;

export type UnreadLimits = {
  [Name in keyof typeof unreadLimits]: (typeof unreadLimits)[Name] extends number
    ? number
    : { perUser: number; inAll: number };
};

interface Owner {
  bytes: number;
  connections: Set<Unread>;
}

/**
 * Counts what waits in this process for clients to read it: sent and not yet taken by the network, or read from the store and not
 * yet sent. A client that does not read costs memory, and there can be thousands of them.
 */
@Injectable()
export class UnreadBytes {
  /** Over all connections. */
  total = 0;
  limits: UnreadLimits = unreadLimits;
  private readonly owners = new Map<string, Owner>();

  /**
   * Begins the count of one connection.
   * @param owner its user or, of one that is not signed in, its network address
   * @param cutOff closes it at once, so that what waits for it is let go
   */
  open(owner: string, cutOff: () => void): Unread {
    return new Unread(this, owner, cutOff);
  }

  /** Whether the connections of an owner, or all, have so much that each gets only the least. */
  isMuch(owner: string): boolean {
    const { perUser, inAll } = this.limits.slowDown;
    return this.total >= inAll || (this.owners.get(owner)?.bytes ?? 0) >= perUser;
  }

  /** To be called by `Unread`. */
  count(connection: Unread, bytes: number): void {
    this.total += bytes;
    const owner = this.ownerOf(connection);
    owner.bytes += bytes;
    if (bytes <= 0) return;
    const { perUser, inAll } = this.limits.cutOff;
    if (owner.bytes > perUser) cutOffLargest(owner);
    if (this.total > inAll) cutOffLargest(largest(this.owners.values()));
  }

  /** To be called by `Unread`. */
  join(connection: Unread): void {
    const owner = this.owners.get(connection.owner) ?? { bytes: 0, connections: new Set() };
    this.owners.set(connection.owner, owner);
    owner.connections.add(connection);
  }

  /** To be called by `Unread`. */
  leave(connection: Unread): void {
    const { connections } = this.ownerOf(connection);
    connections.delete(connection);
    if (connections.size === 0) this.owners.delete(connection.owner);
  }

  private ownerOf({ owner }: Unread): Owner {
    return this.owners.get(owner)!;
  }
}

function cutOffLargest(owner: Owner): void {
  cutOffConnections.inc();
  largest(owner.connections).end();
}

function largest<T extends { bytes: number }>(all: Iterable<T>): T {
  let found: T | undefined;
  for (const one of all) if (found === undefined || one.bytes > found.bytes) found = one;
  return found!;
}

interface Waiting {
  most: number;
  resolve: (room: number) => void;
}

/** What waits for one connection to be read. */
export class Unread {
  bytes = 0;
  private readonly waiting = new Set<Waiting>();
  private isClosed = false;

  constructor(
    private readonly all: UnreadBytes,
    private ownedBy: string,
    private readonly cutOff: () => void,
  ) {
    all.join(this);
  }

  get owner(): string {
    return this.ownedBy;
  }

  /** Counts for somebody else from now on: its user has signed in. */
  belongTo(owner: string): void {
    if (this.isClosed || owner === this.ownedBy) return;
    const { bytes } = this;
    this.all.count(this, -bytes);
    this.all.leave(this);
    this.ownedBy = owner;
    this.all.join(this);
    this.all.count(this, bytes);
  }

  /** Counts what was sent. It may cut off this connection, or a larger one, when there is too much. */
  add(bytes: number): void {
    if (this.isClosed) return;
    this.bytes += bytes;
    this.all.count(this, bytes);
  }

  /** Counts what has left the process, or was let go. */
  remove(bytes: number): void {
    if (this.isClosed) return;
    this.bytes -= bytes;
    this.all.count(this, -bytes);
    for (const waiting of this.waiting) {
      const room = this.takeNow(waiting.most);
      if (room === 0) return;
      this.waiting.delete(waiting);
      waiting.resolve(room);
    }
  }

  /**
   * Takes room for what is about to be read for this connection, as soon as there is some and each who waits in turn; it counts
   * until it is removed. Since there is always some for a connection that has little unread, only this connection's own client
   * is waited for.
   * @returns how many bytes, at most `most`; 0 when the signal was aborted meanwhile
   */
  take(most: number, signal: AbortSignal): number | Promise<number> {
    const room = this.waiting.size === 0 ? this.takeNow(most) : 0;
    if (room > 0 || signal.aborted) return room;
    return new Promise((resolve) => {
      const abort = () => {
        this.waiting.delete(waiting);
        resolve(0);
      };
      const waiting = {
        most,
        resolve: (taken: number) => {
          signal.removeEventListener('abort', abort);
          resolve(taken);
        },
      };
      this.waiting.add(waiting);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Whether more was sent than the connection should have waiting, apart from the room that was taken. */
  isFullBeside(room: number): boolean {
    return this.bytes - room >= this.all.limits.perConnection;
  }

  private takeNow(most: number): number {
    if (this.isClosed) return most;
    const { perConnection, always } = this.all.limits;
    const full = this.all.isMuch(this.owner) ? always : perConnection;
    if (this.bytes >= full) return 0;
    const room = Math.min(most, Math.max(always, full - this.bytes));
    this.add(room);
    return room;
  }

  /** Closes the connection at once. */
  end(): void {
    this.close();
    this.cutOff();
  }

  /** Ends the count: the connection is closed, and what waited for it is gone. */
  close(): void {
    if (this.isClosed) return;
    this.all.count(this, -this.bytes);
    this.all.leave(this);
    this.bytes = 0;
    this.isClosed = true;
    for (const { resolve } of this.waiting) resolve(0);
    this.waiting.clear();
  }
}
