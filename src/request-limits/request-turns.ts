import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { defer, finalize, from, switchMap, type Observable } from 'rxjs';
import { accountOf, type Actor } from '../common/permissions.js';
import { closedSignal } from '../http/on-closed.js';
import type { ActorRequest } from '../http/request.js';
import { TurnsPerUser } from '../common/turns-per-user.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { poolShare } from '../infra/pool-share.js';

/** The queue of requests, each of which holds its body while it waits. */
const queue = { perUser: 200, inAll: 1_000, timeoutMs: 10_000 };

/**
 * Bounds the concurrent requests of one user to a quarter of the database pool: some take up to three connections, so the rest stays
 * for other users whatever the user requests. The time that a client takes to read the response does not count. Access may end while
 * a request waits, so it is authorized again when its turn comes.
 */
@Injectable()
export class RequestTurns implements NestInterceptor {
  private readonly turns: TurnsPerUser;

  constructor({ config }: Infrastructure) {
    this.turns = new TurnsPerUser({ perUser: poolShare(config), inAll: Infinity }, queue);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<ActorRequest>();
    const { user, routeOptions } = request;
    if (user === undefined || routeOptions.config.rules?.waits) return next.handle();
    const end = this.turns.tryBegin(accountOf(user));
    if (end !== undefined) return next.handle().pipe(finalize(end));
    return from(this.turns.wait(accountOf(user), closedSignal(http.getResponse<FastifyReply>().raw))).pipe(
      switchMap((endLater) =>
        defer(() => request.admitAgain()).pipe(
          switchMap(() => next.handle()),
          finalize(endLater),
        ),
      ),
    );
  }

  /** Takes a turn for a part of a request whose route is exempt (`waits`), since it mostly waits for something else than the database. */
  take<T>(actor: Pick<Actor, 'id' | 'accountId'>, work: () => Promise<T>): Promise<T> {
    return this.turns.take(accountOf(actor), work);
  }
}
