import { AppError } from '../common/errors.js';

const KiB = 1024;
const MiB = 1024 * KiB;

export interface ReceivedLimits {
  perOwner: number;
  inAll: number;
  /** A body that has no more than this is not refused for what others send. */
  always: number;
}

/** How many bytes of request bodies this process holds, from the first one that arrives until the request is answered. */
export const receivedLimits = {
  /** A user has room for the largest body and some more beside it. */
  signedIn: { perOwner: 16 * MiB, inAll: 128 * MiB, always: 64 * KiB },
  /** Apart, so that nobody who is not signed in takes room from those who are. A sign-in has less than 1 KiB. */
  anonymous: { perOwner: MiB, inAll: 8 * MiB, always: KiB },
} as const satisfies Record<string, ReceivedLimits>;

/**
 * Counts the bytes of request bodies that are held. Only what has arrived counts: who announces much and sends nothing takes no
 * room. When there is too much, the largest body of who has the most is refused, if it has not arrived yet.
 */
export class ReceivedBytes {
  private total = 0;
  private readonly owners = new Map<string, number>();
  /** Bodies that are being received and have more than everybody may have: those that can be refused for others. */
  private readonly refusable = new Set<Received>();

  constructor(private readonly limits: ReceivedLimits) {}

  /**
   * Begins the count of one body.
   * @param owner its user or, of a request that is not signed in, its network
   */
  open(owner: string): Received {
    return new Received(this, owner);
  }

  /** To be called by `Received`. */
  count(body: Received, bytes: number): void {
    const { perOwner, inAll, always } = this.limits;
    const owned = (this.owners.get(body.owner) ?? 0) + bytes;
    if (owned === 0) this.owners.delete(body.owner);
    else this.owners.set(body.owner, owned);
    this.total += bytes;
    if (bytes <= 0) return;
    if (body.bytes > always) this.refusable.add(body);
    if (owned > perOwner) (this.largest(body.owner) ?? body).refuse(tooMuchOfOne());
    else if (this.total > inAll) this.largest()?.refuse(tooMuchInAll());
  }

  /** To be called by `Received`, when a body can no longer be refused. */
  keep(body: Received): void {
    this.refusable.delete(body);
  }

  private largest(owner?: string): Received | undefined {
    let found: Received | undefined;
    for (const body of this.refusable) {
      if (owner !== undefined && body.owner !== owner) continue;
      if (found === undefined || this.isMore(body, found)) found = body;
    }
    return found;
  }

  private isMore(one: Received, other: Received): boolean {
    const difference = this.owners.get(one.owner)! - this.owners.get(other.owner)!;
    return difference > 0 || (difference === 0 && one.bytes > other.bytes);
  }
}

const tooMuchOfOne = () =>
  new AppError(
    'RATE_LIMIT_EXCEEDED',
    {},
    { message: 'You send too many large bodies at once', retryAfterSeconds: 1 },
  );
const tooMuchInAll = () => new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 });

/** What one body takes that has arrived, or a part of it. */
export class Received {
  bytes = 0;
  /** Called when the body is refused before all of it has arrived. */
  onRefused: (error: AppError) => void = () => undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly all: ReceivedBytes,
    readonly owner: string,
  ) {}

  /** Aborted when the request has been answered, or its client has gone. */
  get closed(): AbortSignal {
    return this.closing.signal;
  }

  /** Counts what it takes more. It may refuse this body, or a larger one. */
  add(bytes: number): void {
    if (this.closed.aborted) return;
    this.bytes += bytes;
    this.all.count(this, bytes);
  }

  /** All of it has arrived: it counts on, and is not refused any more. */
  complete(): void {
    this.all.keep(this);
  }

  refuse(error: AppError): void {
    this.close();
    this.onRefused(error);
  }

  /** Ends the count: the body is held no longer. */
  close(): void {
    if (this.closed.aborted) return;
    this.all.keep(this);
    this.all.count(this, -this.bytes);
    this.closing.abort();
  }
}
