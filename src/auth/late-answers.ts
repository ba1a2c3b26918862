import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { concatMap, of, type Observable } from 'rxjs';
import type { ActorRequest } from '../http/request.js';
import { Actors } from './actors.js';

/** Answers that come sooner are given to whoever was let in: each look costs two look-ups of what is mostly remembered. */
const soonMs = 1_000;

/**
 * Keeps an answer that was long in coming from somebody whose sign-in has ended meanwhile, such as the output of a command that was
 * waited for. What was asked for is done all the same. Writes that do not wait may have ended the sign-in themselves.
 */
@Injectable()
export class LateAnswers implements NestInterceptor {
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
        // what streams has a watch of its own
        if (reply.sent || performance.now() - begun < soonMs) return of(answer);
        return this.actors.lookAgain(user).then(() => answer);
      }),
    );
  }
}
