import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../common/errors.js';
import { networkOf } from '../common/network.js';
import type { Actor } from '../common/permissions.js';
import { BearerGuard } from './bearer.guard.js';

declare module 'fastify' {
  interface FastifyRequest {
    identity?: Promise<Actor> | undefined;
  }
}

/** Authenticates each request once, for both the rate limit and the guard. */
@Injectable()
export class RequestIdentity {
  constructor(private readonly bearer: BearerGuard) {}

  install(server: FastifyInstance): void {
    server.decorateRequest('identity', undefined);
  }

  /** @throws AUTH_TOKEN_MISSING, AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED */
  of(request: FastifyRequest): Promise<Actor> {
    return (request.identity ??= this.find(request));
  }

  private async find({ headers: { authorization }, ip }: FastifyRequest): Promise<Actor> {
    if (authorization === undefined) throw new AppError('AUTH_TOKEN_MISSING');
    return this.bearer.authenticate(authorization, networkOf(ip));
  }
}
