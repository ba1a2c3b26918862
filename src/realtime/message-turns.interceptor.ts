import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { RequestTurns } from '../request-limits/request-turns.js';
import type { Connection } from './connection.js';

/** Schedules messages that query the database together with all HTTP requests of their user, whatever connections they come over. */
@Injectable()
export class MessageTurns implements NestInterceptor {
  constructor(private readonly turns: RequestTurns) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const connection = context.switchToWs().getClient<Connection>();
    const work = async (): Promise<unknown> => {
      // The message may have waited, and the end of a sign-in closes its connections meanwhile.
      if (connection.closed) return undefined;
      return lastValueFrom(next.handle(), { defaultValue: undefined });
    };
    return from(this.turns.take(connection.identity!, work));
  }
}
