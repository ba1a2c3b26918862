import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { bearerToken } from '../common/bearer-token.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { AuthService } from './auth.service.js';

/** Who a request comes from. It is found once, though the rate limit and the guard both want to know. */
@Injectable()
export class RequestIdentity {
  private readonly known = new WeakMap<FastifyRequest, Promise<Actor>>();

  constructor(private readonly auth: AuthService) {}

  /** @throws AUTH_TOKEN_MISSING, AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED */
  of(request: FastifyRequest): Promise<Actor> {
    let actor = this.known.get(request);
    if (!actor) {
      actor = this.find(request);
      this.known.set(request, actor);
    }
    return actor;
  }

  private async find({ headers: { authorization } }: FastifyRequest): Promise<Actor> {
    if (authorization === undefined) throw new AppError('AUTH_TOKEN_MISSING');
    const token = bearerToken(authorization);
    if (token === undefined) throw new AppError('AUTH_TOKEN_INVALID');
    return this.auth.authenticate(token);
  }
}
