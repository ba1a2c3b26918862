import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { defer, finalize, from, switchMap, type Observable } from 'rxjs';
import { closedSignal } from '../http/on-closed.js';
import type { ActorRequest } from '../http/request.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Infrastructure } from '../infra/infrastructure.js';

/** Each that waits holds its body. */
const line = { perUser: 200, inAll: 1_000, patienceMs: 10_000 };

/**
 * Bounds how many requests of one user are worked on at once. Some take up to three connections, so that a quarter of their number
 * leaves some for others whatever the user asks for. It does not count how long a client takes to read its answer. Rights may end
 * while a request waits, so they are looked up again when its turn comes.
 */
@Injectable()
export class RequestTurns implements NestInterceptor {
  private readonly turns: TurnsPerUser;

  constructor({ config }: Infrastructure) {
    const perUser = Math.max(1, Math.floor(config.DATABASE_POOL_SIZE / 4));
    this.turns = new TurnsPerUser({ perUser, inAll: Infinity }, line);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<ActorRequest>();
    const { user, routeOptions } = request;
    if (user === undefined || routeOptions.config.rules?.waits) return next.handle();
    const end = this.turns.tryBegin(user.id);
    if (end !== undefined) return next.handle().pipe(finalize(end));
    return from(this.turns.wait(user.id, closedSignal(http.getResponse<FastifyReply>().raw))).pipe(
      switchMap((endLater) =>
        defer(() => request.admitAgain()).pipe(
          switchMap(() => next.handle()),
          finalize(endLater),
        ),
      ),
    );
  }

  /** Does a part of a request that as a whole takes no turn, since it waits for something else than the database. */
  take<T>(userId: string, work: () => Promise<T>): Promise<T> {
    return this.turns.take(userId, work);
  }
}
