import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { closedSignal } from './on-closed.js';

export type ActorRequest = FastifyRequest & { user?: Actor };

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * Authenticates and authorizes the request again, after it has waited. It costs no query while the user, the session and the token
     * are cached.
     * @throws what the guard throws, such as AUTH_TOKEN_INVALID and AUTH_INSUFFICIENT_PERMISSIONS
     */
    admitAgain: () => Promise<void>;
  }
}

const probes = new Set<string | undefined>(['/api/health/live', '/api/health/ready']);

/** Tells whether a request is a health probe, which must not be refused, nor count towards the limits of other requests. */
export const isProbe = ({ routeOptions }: FastifyRequest): boolean => probes.has(routeOptions.url);

/** Tells whether a request has a body, which may arrive much later than the headers. */
export function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Injects the authenticated user of a route that is not public. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const { user } = context.switchToHttp().getRequest<ActorRequest>();
  if (!user) throw new AppError('AUTH_TOKEN_MISSING');
  return user;
});

/** Injects a signal that is aborted when the client disconnects, at the latest when the response has left. */
export const ClientGone = createParamDecorator((_: unknown, context: ExecutionContext): AbortSignal => {
  return closedSignal(context.switchToHttp().getResponse<FastifyReply>().raw);
});

/** What a request that waits for its turn needs. */
export interface WaitingRequest {
  /** Aborted when the client disconnects. */
  signal: AbortSignal;
  /** @throws what the guard throws, when the client may not make the request any more */
  admitAgain: () => Promise<void>;
}

/** Injects what a request needs that waits for its turn. */
export const Waiting = createParamDecorator((_: unknown, context: ExecutionContext): WaitingRequest => {
  const http = context.switchToHttp();
  const request = http.getRequest<ActorRequest>();
  const signal = closedSignal(http.getResponse<FastifyReply>().raw);
  return { signal, admitAgain: () => request.admitAgain() };
});

/** Injects the request's path and query, for the links of a page. */
export const RequestUrl = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => context.switchToHttp().getRequest<FastifyRequest>().url,
);

/**
 * Injects the version named by `If-Match` (RFC 9110 §13.1.1), whose entity tag is the version number in quotes. It is undefined when the
 * header is absent or `*`.
 */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext): number | undefined => {
  const header = context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
  if (header === undefined || header === '*') return undefined;
  const match = /^(?:W\/)?"?(\d{1,9})"?$/.exec(header);
  if (!match)
    throw new AppError('VALIDATION_INVALID_FORMAT', { field: 'If-Match', issue: 'Send a version number' });
  return Number(match[1]);
});

/** Refuses a write that is based on an older version (optimistic locking). @throws VERSION_CONFLICT */
export function checkVersion(current: number, ...seen: (number | undefined)[]): void {
  for (const version of seen) {
    if (version !== undefined && version !== current) {
      throw new AppError('VERSION_CONFLICT', { current_version: current, your_version: version });
    }
  }
}
