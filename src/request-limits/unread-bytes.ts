import { Injectable } from '@nestjs/common';
import { cutOffConnections } from '../common/metrics.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Limits of the bytes that wait in this process for clients to read them. */
export const unreadLimits = {
  /** A connection with this many unread bytes gets no more output until its client reads. */
  perConnection: MiB,
  /** A connection with less gets output even when its user or all together exceed `slowDown`, so none waits for another's client. */
  always: 64 * KiB,
  /** Above these sums, each connection of the user, or of all, is limited to `always`. */
  slowDown: { perUser: 16 * MiB, inAll: 64 * MiB },
  /** Above these sums, which events and responses can reach since they do not wait, the connection with the most is disconnected. */
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
 * Counts the unread bytes of all clients: those that were sent and have not left for the network, and those that were read from the
 * store and not sent yet. A client that does not read costs memory, and there can be thousands of them.
 */
@Injectable()
export class UnreadBytes {
  /** The unread bytes of all connections. */
  total = 0;
  limits: UnreadLimits = unreadLimits;
  private readonly owners = new Map<string, Owner>();

  /**
   * Begins the count of one connection.
   * @param owner the user, or the network of an unauthenticated connection
   * @param cutOff closes the connection at once, which frees its buffers
   */
  open(owner: string, cutOff: () => void): Unread {
    return new Unread(this, owner, cutOff);
  }

  /** Tells whether the connections of an owner, or all together, exceed `slowDown`. */
  isSlowedDown(owner: string): boolean {
    const { perUser, inAll } = this.limits.slowDown;
    return this.total >= inAll || (this.owners.get(owner)?.bytes ?? 0) >= perUser;
  }

  /** Adds to the count of a connection; called by `Unread`. */
  count(connection: Unread, bytes: number): void {
    this.total += bytes;
    const owner = this.ownerOf(connection);
    owner.bytes += bytes;
    if (bytes <= 0) return;
    const { perUser, inAll } = this.limits.cutOff;
    if (owner.bytes > perUser) cutOffLargest(owner);
    if (this.total > inAll) cutOffLargest(largest(this.owners.values()));
  }

  /** Adds a connection to its owner; called by `Unread`. */
  join(connection: Unread): void {
    const owner = this.owners.get(connection.owner) ?? { bytes: 0, connections: new Set() };
    this.owners.set(connection.owner, owner);
    owner.connections.add(connection);
  }

  /** Removes a connection from its owner; called by `Unread`. */
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
  maxBytes: number;
  resolve: (room: number) => void;
}

/** The unread bytes of one connection. */
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

  /** Moves the connection to another owner, when its user has authenticated. */
  belongTo(owner: string): void {
    if (this.isClosed || owner === this.ownedBy) return;
    const { bytes } = this;
    this.all.count(this, -bytes);
    this.all.leave(this);
    this.ownedBy = owner;
    this.all.join(this);
    this.all.count(this, bytes);
  }

  /** Counts bytes that were sent, which may disconnect this connection or a larger one. */
  add(bytes: number): void {
    if (this.isClosed) return;
    this.bytes += bytes;
    this.all.count(this, bytes);
  }

  /** Uncounts bytes that have left the process or were dropped. */
  remove(bytes: number): void {
    if (this.isClosed) return;
    this.bytes -= bytes;
    this.all.count(this, -bytes);
    for (const waiting of this.waiting) {
      const room = this.takeNow(waiting.maxBytes);
      if (room === 0) return;
      this.waiting.delete(waiting);
      waiting.resolve(room);
    }
  }

  /**
   * Reserves room for output that is about to be read for this connection, as soon as there is some, waiting readers in turn. It counts
   * until it is removed. A connection with little unread always gets room, so a reader waits only for its own client.
   * @returns the reserved bytes, at most `maxBytes`; 0 when the signal was aborted meanwhile
   */
  take(maxBytes: number, signal: AbortSignal): number | Promise<number> {
    const room = this.waiting.size === 0 ? this.takeNow(maxBytes) : 0;
    if (room > 0 || signal.aborted) return room;
    return new Promise((resolve) => {
      const abort = () => {
        this.waiting.delete(waiting);
        resolve(0);
      };
      const waiting = {
        maxBytes,
        resolve: (taken: number) => {
          signal.removeEventListener('abort', abort);
          resolve(taken);
        },
      };
      this.waiting.add(waiting);
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** Tells whether the sent bytes alone, without the reserved room, reach the connection's limit. */
  isFullBeside(room: number): boolean {
    return this.bytes - room >= this.all.limits.perConnection;
  }

  private takeNow(maxBytes: number): number {
    if (this.isClosed) return maxBytes;
    const { perConnection, always } = this.all.limits;
    const limit = this.all.isSlowedDown(this.owner) ? always : perConnection;
    if (this.bytes >= limit) return 0;
    const room = Math.min(maxBytes, Math.max(always, limit - this.bytes));
    this.add(room);
    return room;
  }

  /** Closes the connection at once and ends its count. */
  end(): void {
    this.close();
    this.cutOff();
  }

  /** Ends the count, when the connection is closed and its buffers are freed. */
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
