import type { IncomingMessage } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';
import { Injectable } from '@nestjs/common';
import { RequestRateLimit } from '../auth/request-rate-limit.js';
import { AppError } from '../common/errors.js';
import { faultOfHost } from '../http/protocol.js';
import { networkOf } from '../common/network.js';
import { accountOf, type Actor } from '../common/permissions.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { RateLimiterFactory, type RateLimiter } from '../infra/rate-limiter-factory.js';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { limits } from './limits.js';
import type { MessageRules } from './message-access.js';

/** Applies the rate limits of HTTP requests to handshakes and messages of sockets, and bounds sockets that have not authenticated. */
@Injectable()
export class ClientLimits {
  private readonly enabled: boolean;
  private readonly trust: (address: string, hop: number) => boolean;
  private readonly unauthenticated = new Map<string, number>();
  private readonly subscriptions: RateLimiter;
  private readonly renewals: RateLimiter;

  constructor(
    private readonly requestRate: RequestRateLimit,
    factory: RateLimiterFactory,
    { config }: Infrastructure,
  ) {
    this.enabled = config.RATE_LIMIT_ENABLED;
    this.trust = config.TRUST_PROXY.length > 0 ? proxyAddress.compile(config.TRUST_PROXY) : () => false;
    this.subscriptions = factory.create('subscriptions', limits.subscriptionsPerMinute, 60);
    this.renewals = factory.create('renewals', limits.renewalsPerMinute, 60);
  }

  /** The network of a client behind the trusted proxies, under which its requests are counted, too. */
  addressOf(request: IncomingMessage): string {
    return networkOf(proxyAddress(request, this.trust) ?? '');
  }

  /**
   * Counts a handshake as a request of its address.
   * @throws MALFORMED_REQUEST for its Host, RATE_LIMIT_EXCEEDED also while too many connections of the address have not authenticated
   */
  async check(request: IncomingMessage): Promise<void> {
    const fault = faultOfHost(request);
    if (fault) throw fault;
    if (!this.enabled) return;
    const address = this.addressOf(request);
    if ((this.unauthenticated.get(address) ?? 0) >= limits.unauthenticatedPerAddress) {
      throw new AppError(
        'RATE_LIMIT_EXCEEDED',
        { unauthenticated: limits.unauthenticatedPerAddress },
        { message: 'Too many connections have not signed in yet', retryAfterSeconds: 1 },
      );
    }
    const ip = proxyAddress(request, this.trust) ?? '';
    await this.requestRate.countHandshake({ ip, socket: request.socket });
  }

  /** Counts a connection that has not authenticated. @returns ends the count; called when it authenticates or closes, once or more often */
  enter(request: IncomingMessage): () => void {
    const address = this.addressOf(request);
    this.unauthenticated.set(address, (this.unauthenticated.get(address) ?? 0) + 1);
    let isCounted = true;
    return () => {
      if (!isCounted) return;
      isCounted = false;
      const left = this.unauthenticated.get(address)! - 1;
      if (left === 0) this.unauthenticated.delete(address);
      else this.unauthenticated.set(address, left);
    };
  }

  /** Counts a message of an authenticated user. @throws RATE_LIMIT_EXCEEDED */
  async countMessage(actor: Actor, as: NonNullable<MessageRules['counts']>): Promise<void> {
    if (!this.enabled) return;
    if (as === 'request') await this.requestRate.countUser(actor);
    else if (as === 'renewal') await count(this.renewals, limits.renewalsPerMinute, accountOf(actor));
    else await count(this.subscriptions, limits.subscriptionsPerMinute, accountOf(actor));
  }
}

async function count(limiter: RateLimiter, limit: number, userId: string): Promise<void> {
  try {
    await limiter.consume(userId);
  } catch (state) {
    if (!(state instanceof RateLimiterRes)) throw state;
    throw new AppError('RATE_LIMIT_EXCEEDED', { limit, window: 60 });
  }
}
