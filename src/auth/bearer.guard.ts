import { Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';

/** The fields of a request that the strategies read. Passport adds fields to it, which would slow down a request of fastify. */
export interface AuthorizedRequest {
  readonly headers: { readonly authorization: string };
  /** Where it comes from. */
  readonly network: string;
  user?: Actor;
}

/** Runs the strategies of passport on an `Authorization` header or the token of a socket. */
@Injectable()
export class BearerGuard extends AuthGuard(['credential', 'jwt']) {
  /**
   * Authenticates the sender of a token.
   * @param authorization the value of the header: `Bearer` and the token (RFC 6750 §2.1)
   * @param network where it comes from, by which tokens are looked up in turn while their user is not known
   * @throws AUTH_TOKEN_INVALID, AUTH_ACCOUNT_DISABLED, RATE_LIMIT_EXCEEDED when too many wait to be looked up
   */
  async authenticate(authorization: string, network: string): Promise<Actor> {
    const request: AuthorizedRequest = { headers: { authorization }, network };
    await this.canActivate(contextOf(request));
    return request.user!;
  }

  override handleRequest<T>(error: unknown, actor: T | false | null): T {
    if (error) throw error;
    if (!actor) throw new AppError('AUTH_TOKEN_INVALID');
    return actor;
  }
}

/** Creates a context with only a request, since neither the guard nor the strategies write a response. */
function contextOf(request: AuthorizedRequest): ExecutionContext {
  const http = { getRequest: () => request, getResponse: () => ({}) };
  return { switchToHttp: () => http } as unknown as ExecutionContext;
}
