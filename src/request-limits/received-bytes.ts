import { AppError } from '../common/errors.js';
import { requestEnded } from '../http/on-closed.js';

const KiB = 1024;
const MiB = 1024 * KiB;

export interface ReceivedLimits {
  perOwner: number;
  inAll: number;
  /** A body of up to this size is not refused because of other bodies. */
  always: number;
}

/** The bytes of request bodies that this process may hold, from their arrival until the request is answered. */
export const receivedLimits = {
  /** The limits of authenticated users: one user may send the largest body and some more beside it. */
  signedIn: { perOwner: 64 * MiB, inAll: 192 * MiB, always: 64 * KiB },
  /** Separate limits, so that unauthenticated clients take no room from authenticated ones. A sign-in has less than 1 KiB. */
  anonymous: { perOwner: MiB, inAll: 8 * MiB, always: KiB },
} as const satisfies Record<string, ReceivedLimits>;

/**
 * Counts the bytes of request bodies in memory. Only received bytes count, so a large Content-Length alone takes no room. When a limit
 * is exceeded, the largest body of the owner with the most bytes is refused, among those that are still arriving.
 */
export class ReceivedBytes {
  private total = 0;
  private readonly owners = new Map<string, number>();
  /** Bodies that are still arriving and exceed `always`, and so can be refused because of other bodies. */
  private readonly refusable = new Set<Received>();

  constructor(private readonly limits: ReceivedLimits) {}

  /**
   * Begins the count of one body.
   * @param owner the user, or the network of an unauthenticated request
   */
  open(owner: string): Received {
    return new Received(this, owner);
  }

  /** Adds to the count of a body; called by `Received`. */
  count(body: Received, bytes: number): void {
    const { perOwner, inAll, always } = this.limits;
    const owned = (this.owners.get(body.owner) ?? 0) + bytes;
    if (owned === 0) this.owners.delete(body.owner);
    else this.owners.set(body.owner, owned);
    this.total += bytes;
    if (bytes <= 0) return;
    if (body.bytes > always) this.refusable.add(body);
    if (owned > perOwner) (this.largest(body.owner) ?? body).refuse(ownerLimitExceeded());
    else if (this.total > inAll) this.largest()?.refuse(totalLimitExceeded());
  }

  /** Excludes a body from being refused; called by `Received`. */
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

const ownerLimitExceeded = () =>
  new AppError(
    'RATE_LIMIT_EXCEEDED',
    {},
    { message: 'You send too many large bodies at once', retryAfterSeconds: 1 },
  );
const totalLimitExceeded = () => new AppError('SYSTEM_OVERLOADED', {}, { retryAfterSeconds: 1 });

/** The received bytes of one body. */
export class Received {
  bytes = 0;
  /** Called when the body is refused before all of it has arrived. */
  onRefused: (error: AppError) => void = () => undefined;
  private readonly closing = new AbortController();

  constructor(
    private readonly all: ReceivedBytes,
    readonly owner: string,
  ) {}

  /** Aborted when the request has been answered, or its client has disconnected. */
  get closed(): AbortSignal {
    return this.closing.signal;
  }

  /** Counts further bytes, which may refuse this body or a larger one. */
  add(bytes: number): void {
    if (this.closed.aborted) return;
    this.bytes += bytes;
    this.all.count(this, bytes);
  }

  /** Notes that the whole body has arrived: it is counted until `close`, and can no longer be refused. */
  complete(): void {
    this.all.keep(this);
  }

  refuse(error: AppError): void {
    this.close();
    this.onRefused(error);
  }

  /** Ends the count, when the body is released. */
  close(): void {
    if (this.closed.aborted) return;
    this.all.keep(this);
    this.all.count(this, -this.bytes);
    this.closing.abort(requestEnded);
  }
}
