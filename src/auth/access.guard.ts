import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RouteRules } from '../http/endpoint.js';
import { AppError } from '../common/errors.js';
import { isBearer } from '../http/machine-token.js';
import { may, type Actor, type Permission } from '../common/permissions.js';
import { requirePermission } from '../common/require-permission.js';
import { checkScopes, scopesOfRoute } from '../common/scopes.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { Maintenance } from '../infra/maintenance.js';
import { hasBody, type ActorRequest } from '../http/request.js';
import { Actors } from './actors.js';
import { RequestIdentity } from './request-identity.js';
import { urlsOf, UrlTokens } from './url-tokens.js';

const sessionId = z.uuid();

declare module 'fastify' {
  interface FastifyRequest {
    /** True when the guard has admitted the request. */
    isAdmitted: boolean;
    /** For whom the body of a request counts that a token in its URL has opened. */
    bodyOwner: string | null;
  }
}

/**
 * Guards every route and denies access unless the route's `@Endpoint` allows it. The `onRequest` hook decides when the headers have
 * arrived, so that the body of a client without access is not read. A client may delay its body for a minute, in which its rights may
 * end, so `canActivate`, which Nest calls after the body, checks them again.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly identity: RequestIdentity,
    private readonly actors: Actors,
    private readonly maintenance: Maintenance,
    private readonly urlTokens: UrlTokens,
    private readonly infrastructure: Infrastructure,
  ) {}

  install(server: FastifyInstance): void {
    const admitAgain = (request: ActorRequest) => this.admitAgain(request);
    server.decorateRequest('isAdmitted', false);
    server.decorateRequest('bodyOwner', null);
    server.decorateRequest('admitAgain', function admitThisAgain(this: ActorRequest) {
      return admitAgain(this);
    });
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
    // WebSocket messages have a guard of their own, which the gateway declares.
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<ActorRequest>();
    if (!request.isAdmitted) throw new AppError('AUTH_INSUFFICIENT_PERMISSIONS');
    if (hasBody(request)) await this.admitAgain(request);
    return true;
  }

  private async decide(request: ActorRequest, { access, machineToken, urlToken }: RouteRules): Promise<void> {
    if (urlToken) {
      const opened = await this.urlTokens.ownerOf(request);
      if (!opened) throw new AppError('RESOURCE_NOT_FOUND');
      request.bodyOwner = urlsOf(opened);
      return;
    }
    if (access === 'public' || this.opensByToken(request, machineToken)) return;
    request.user = actorOfRequest(await this.identity.of(request), request);
    await this.check(request, request.user, access);
  }

  private async admitAgain(request: ActorRequest): Promise<void> {
    const { rules } = request.routeOptions.config;
    // a public route, or access by a machine token
    if (!request.user || !rules) return;
    request.user = await this.actors.renew(request.user);
    await this.check(request, request.user, rules.access);
  }

  private async check(
    { method, routeOptions }: FastifyRequest,
    actor: Actor,
    access: Permission | 'public',
  ): Promise<void> {
    if (access === 'public') return;
    checkScopes(actor, scopesOfRoute(routeOptions.url ?? '', access, method));
    requirePermission(actor, access);
    if (!['GET', 'HEAD'].includes(method) && !may(actor, 'admin')) await this.refuseInMaintenance();
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

/** Adds the ids of the request and of its work session to an actor. */
function actorOfRequest(actor: Actor, request: FastifyRequest): Actor {
  const session = sessionId.safeParse(request.headers['x-session-id']);
  return { ...actor, requestId: request.id, sessionId: session.data };
}
