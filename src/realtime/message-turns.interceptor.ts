import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { RequestTurns } from '../http/request-turns.js';
import type { Connection } from './connection.js';

/** Messages that ask the database take turns with all requests of their user, over however many connections they come. */
@Injectable()
export class MessageTurns implements NestInterceptor {
  constructor(private readonly turns: RequestTurns) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { identity } = context.switchToWs().getClient<Connection>();
    return from(
      this.turns.take(identity!.id, () => lastValueFrom(next.handle(), { defaultValue: undefined })),
    );
  }
}
