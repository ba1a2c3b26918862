import type { Socket } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../common/errors.js';
import { isInternal } from '../http/internal-requests.js';
import { networkOf } from '../common/network.js';
import { accountOf, type Actor } from '../common/permissions.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { RateLimiterFactory, type RateLimiter } from '../infra/rate-limiter-factory.js';
import { isProbe } from '../http/request.js';
import { RequestIdentity } from './request-identity.js';
import { urlsOf, UrlTokens } from './url-tokens.js';
import { RequestNetworks, type OriginSource } from './request-networks.js';

const windowSeconds = 60;
/** Per minute: of a network, of users by their tier, of a URL with a token, and of all URLs that an account has made. */
const limits = { address: 100, standard: 200, premium: 500, url: 60, urls: 300 } as const;
type Kind = keyof typeof limits;

interface Limit {
  kind: Kind;
  key: string;
}

/** A client that goes on although so many of its requests in a row were refused loses its connection, and what it sent ahead. */
const mostRefusals = 3;

/** Limits requests per minute: by user for requests with a valid token, else by network. The headers of each response contain the state. */
@Injectable()
export class RequestRateLimit {
  private readonly limiters: Record<Kind, RateLimiter>;
  private readonly enabled: boolean;
  /** How many requests of a connection were refused in a row. */
  private readonly refusals = new WeakMap<Socket, number>();

  constructor(
    factory: RateLimiterFactory,
    private readonly identity: RequestIdentity,
    private readonly networks: RequestNetworks,
    private readonly urlTokens: UrlTokens,
    infrastructure: Infrastructure,
  ) {
    const create = (kind: Kind) => factory.create(`requests-${kind}`, limits[kind], windowSeconds);
    this.limiters = {
      address: create('address'),
      standard: create('standard'),
      premium: create('premium'),
      url: create('url'),
      urls: create('urls'),
    };
    this.enabled = infrastructure.config.RATE_LIMIT_ENABLED;
  }

  install(server: FastifyInstance): void {
    if (this.enabled) server.addHook('onRequest', (request, reply) => this.count(request, reply));
  }

  /**
   * Counts a WebSocket handshake like an anonymous request from its network.
   * @throws RATE_LIMIT_EXCEEDED
   */
  async countHandshake(source: OriginSource): Promise<void> {
    if (!this.enabled) return;
    const { network } = await this.networks.originOf(source);
    this.check('address', await this.consume('address', network));
  }

  /**
   * Counts a message of a user over a socket like a request.
   * @throws RATE_LIMIT_EXCEEDED
   */
  async countUser(actor: Pick<Actor, 'id' | 'tier' | 'accountId'>): Promise<void> {
    if (this.enabled) this.check(actor.tier, await this.consume(actor.tier, accountOf(actor)));
  }

  private async count(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (isInternal(request)) return;
    // a liveness probe must not wait for a Redis that does not respond
    const isLiveness = request.routeOptions.url === '/api/health/live';
    const [own, shared] = isLiveness
      ? [{ kind: 'address' as const, key: networkOf(request.ip) }]
      : await this.limitsOf(request);
    const isFree = isProbe(request);
    let { kind } = own;
    let state = isLiveness
      ? null
      : isFree
        ? await this.limiters[kind].get(own.key)
        : await this.consume(kind, own.key);
    if (shared && state && state.consumedPoints <= limits[kind]) {
      const together = await this.consume(shared.kind, shared.key);
      if (together.consumedPoints > limits[shared.kind]) [kind, state] = [shared.kind, together];
    }
    const used = state?.consumedPoints ?? 0;
    const resetAt = Date.now() + (state?.msBeforeNext ?? windowSeconds * 1000);
    void reply.headers({
      'X-RateLimit-Limit': limits[kind],
      'X-RateLimit-Remaining': Math.max(0, limits[kind] - used),
      'X-RateLimit-Reset': Math.ceil(resetAt / 1000),
      'X-RateLimit-Window': windowSeconds,
    });
    if (isFree || !state) return;
    if (state.consumedPoints > limits[kind]) this.refuse(request, reply);
    else this.refusals.delete(request.raw.socket);
    this.check(kind, state);
  }

  private refuse({ raw: { socket } }: FastifyRequest, reply: FastifyReply): void {
    const refused = (this.refusals.get(socket) ?? 0) + 1;
    this.refusals.set(socket, refused);
    // Node ends the connection after the answer
    if (refused >= mostRefusals) reply.raw.shouldKeepAlive = false;
  }

  private check(kind: Kind, { consumedPoints, msBeforeNext }: RateLimiterRes): void {
    if (consumedPoints <= limits[kind]) return;
    const resetAt = new Date(Date.now() + msBeforeNext).toISOString();
    throw new AppError(
      'RATE_LIMIT_EXCEEDED',
      { limit: limits[kind], window: windowSeconds, reset_at: resetAt },
      { retryAfterSeconds: msBeforeNext / 1000 },
    );
  }

  private async consume(kind: Kind, key: string): Promise<RateLimiterRes> {
    try {
      return await this.limiters[kind].consume(key);
    } catch (state) {
      if (state instanceof RateLimiterRes) return state;
      throw state;
    }
  }

  /** Returns what a request is counted for, and a second limit that it must not exceed either. */
  private async limitsOf(request: FastifyRequest): Promise<[own: Limit, shared?: Limit]> {
    const opened = await this.urlTokens.ownerOf(request);
    if (opened)
      return [
        { kind: 'url', key: opened.id },
        { kind: 'urls', key: urlsOf(opened) },
      ];
    // a request with an invalid token counts for its network, and the guard refuses it
    const actor = await this.identity.of(request).catch(() => undefined);
    if (actor) return [{ kind: actor.tier, key: accountOf(actor) }];
    return [{ kind: 'address', key: (await this.networks.originOf(request)).network }];
  }
}
