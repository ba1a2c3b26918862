import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RouteRules } from '../http/endpoint.js';
import { AppError } from '../common/errors.js';
import { isBearer } from '../http/machine-token.js';
import { may, type Actor, type Permission } from '../common/permissions.js';
import { checkScopes, scopesOfRoute } from '../common/scopes.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { Maintenance } from '../infra/maintenance.js';
import type { ActorRequest } from '../http/request.js';
import { RequestIdentity } from './request-identity.js';

const sessionId = z.uuid();

declare module 'fastify' {
  interface FastifyRequest {
    /** True once the guard has let the request in. */
    isAdmitted: boolean;
  }
}

/**
 * Guards every route: what a route's `@Endpoint` does not open stays shut. It decides as soon as the headers are there, so that nobody
 * who may not call a route has a body read; and again when the body is there, which a client can hold back until its rights have ended.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly identity: RequestIdentity,
    private readonly maintenance: Maintenance,
    private readonly infrastructure: Infrastructure,
  ) {}

  install(server: FastifyInstance): void {
    server.decorateRequest('isAdmitted', false);
    server.addHook('onRequest', (request, _reply, done) => {
      const { rules } = request.routeOptions.config;
      if (rules === undefined) return done();
      const admit = () => {
        request.isAdmitted = true;
        done();
      };
      // oxlint-disable-next-line promise/no-callback-in-promise -- a hook with a promise of its own costs every request more
      this.decide(request, rules).then(admit, done);
    });
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Messages over sockets have a guard of their own, which the gateway names.
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<ActorRequest>();
    if (!request.isAdmitted) throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS');
    const { rules } = request.routeOptions.config;
    if (rules && rules.access !== 'public' && request.user && request.body !== undefined)
      await this.check(request, rules.access, await this.identity.again(request));
    return true;
  }

  private async decide(request: ActorRequest, { access, machineToken }: RouteRules): Promise<void> {
    if (access === 'public' || this.opensByToken(request, machineToken)) return;
    await this.check(request, access, await this.identity.of(request));
  }

  private async check(request: ActorRequest, access: Permission, actor: Actor): Promise<void> {
    request.user = actorOfRequest(actor, request);
    checkScopes(request.user, scopesOfRoute(request.routeOptions.url ?? '', access, request.method));
    if (!may(request.user, access)) {
      throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS', { required: access });
    }
    if (!['GET', 'HEAD'].includes(request.method) && !may(request.user, 'admin'))
      await this.refuseInMaintenance();
  }

  private opensByToken({ headers }: FastifyRequest, setting: RouteRules['machineToken']): boolean {
    const token = setting && this.infrastructure.config[setting];
    return (
      token !== undefined && headers.authorization !== undefined && isBearer(headers.authorization, token)
    );
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
