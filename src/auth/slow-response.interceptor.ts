import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { concatMap, of, type Observable } from 'rxjs';
import type { ActorRequest } from '../http/request.js';
import { Actors } from './actors.js';

/** Faster responses are sent without another check, which costs two lookups, mostly in caches. */
const fastMs = 1_000;

/**
 * Withholds a slow response, such as the output of a command, when the sign-in of its client has ended meanwhile. The request itself is
 * carried out nevertheless. Writes are only checked on routes that wait, since others may have ended the sign-in themselves.
 */
@Injectable()
export class SlowResponseInterceptor implements NestInterceptor {
  constructor(private readonly actors: Actors) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const { user, method, routeOptions } = http.getRequest<ActorRequest>();
    if (!user || !(routeOptions.config.rules?.waits || method === 'GET')) return next.handle();
    const reply = http.getResponse<FastifyReply>();
    const begun = performance.now();
    return next.handle().pipe(
      concatMap((answer: unknown) => {
        // streams check the rights of their client themselves
        if (reply.sent || performance.now() - begun < fastMs) return of(answer);
        return this.actors.recheck(user).then(() => answer);
      }),
    );
  }
}
