import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { bearerToken } from '../common/bearer-token.js';
import { ACCESS, MACHINE_TOKEN, type Access } from '../common/endpoint.js';
import { AppError } from '../common/errors.js';
import { isBearer } from '../common/machine-token.js';
import { may, type Actor } from '../common/permissions.js';
import { checkScopes, scopesOfRoute } from '../common/scopes.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { Maintenance } from '../infra/maintenance.js';
import type { ActorRequest } from '../common/request.js';
import { AuthService } from './auth.service.js';

const sessionId = z.uuid();

/** Guards every route: what a route's `@Endpoint` does not open stays shut. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly maintenance: Maintenance,
    private readonly auth: AuthService,
    private readonly infrastructure: Infrastructure,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<Access | undefined>(ACCESS, context.getHandler());
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<ActorRequest>();
    if (access === undefined) throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS');
    if (request.headers.authorization === undefined) throw new AppError('AUTH_TOKEN_MISSING');
    if (this.opensByToken(context, request.headers.authorization)) return true;
    const token = bearerToken(request.headers.authorization);
    if (token === undefined) throw new AppError('AUTH_TOKEN_INVALID');
    request.user = actorOfRequest(await this.auth.authenticate(token), request);
    checkScopes(request.user, scopesOfRoute(request.routeOptions.url ?? '', access, request.method));
    if (!may(request.user, access)) {
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: access });
    }
    if (!['GET', 'HEAD'].includes(request.method) && !may(request.user, 'admin'))
      await this.refuseInMaintenance();
    return true;
  }

  private opensByToken(context: ExecutionContext, header: string): boolean {
    const setting = this.reflector.get<'METRICS_TOKEN' | undefined>(MACHINE_TOKEN, context.getHandler());
    const token = setting && this.infrastructure.config[setting];
    return token !== undefined && isBearer(header, token);
  }

  private async refuseInMaintenance(): Promise<void> {
    const window = await this.maintenance.current();
    if (!window) return;
    const seconds = (Date.parse(window.ends_at) - Date.now()) / 1000;
    throw new AppError(
      'SYSTEM_MAINTENANCE',
      { ...window },
      { message: window.message, retryAfterSeconds: seconds },
    );
  }
}

/** Ties whoever a token speaks for to the request and to its work session. */
function actorOfRequest(actor: Actor, request: FastifyRequest): Actor {
  const session = sessionId.safeParse(request.headers['x-session-id']);
  return { ...actor, requestId: request.id, sessionId: session.data };
}
