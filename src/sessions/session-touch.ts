import {
  Injectable,
  type BeforeApplicationShutdown,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import type { NestInterceptor, OnModuleInit } from '@nestjs/common';
import type { ActorRequest } from '../http/request.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { lifetime } from './sessions.queries.js';

/** Each process stores the accesses of a session at most once in this time. */
const freshMs = 60_000;
/** Accesses are collected for this time and stored together, after the requests that made them. */
const flushMs = 500;
const maxSessions = 10_000;

interface Access {
  sessionId: string;
  userId: string;
}

/**
 * Extends the lifetime of the sessions that requests name. The header is not validated: the statement updates only a session that is the
 * user's own and has not expired, and no request is refused.
 */
@Injectable()
export class SessionTouch implements NestInterceptor, OnModuleInit, BeforeApplicationShutdown {
  private readonly freshUntil = new Map<string, number>();
  private readonly waiting = new Map<string, Access>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
  ) {}

  onModuleInit(): void {
    if (this.infrastructure.role === 'worker') return;
    // changes over WebSockets count as accesses, too; a change of the session itself stores its times already
    this.events.on('activity.recorded', ({ actor_id, session_id, entity_type }) => {
      if (actor_id !== null && session_id !== null && entity_type !== 'session')
        this.note(actor_id, session_id);
    });
  }

  intercept(context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
    const { user } = context.switchToHttp().getRequest<ActorRequest>();
    if (user?.sessionId !== undefined) this.note(user.id, user.sessionId);
    return next.handle();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  /** Notes an access, which is stored with the next flush. */
  note(userId: string, sessionId: string): void {
    const key = `${userId} ${sessionId}`;
    const now = Date.now();
    if ((this.freshUntil.get(key) ?? 0) > now) return;
    if (this.freshUntil.size >= maxSessions) this.freshUntil.clear();
    if (this.waiting.size >= maxSessions) return;
    this.freshUntil.set(key, now + freshMs);
    this.waiting.set(key, { sessionId, userId });
    this.timer ??= setTimeout(() => void this.flush(), flushMs).unref();
  }

  private async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const accesses = [...this.waiting.values()].toSorted((a, b) => (a.sessionId < b.sessionId ? -1 : 1));
    this.waiting.clear();
    if (accesses.length === 0) return;
    try {
      await this.database.query(
        `UPDATE sessions s SET last_accessed = now(), expires_at = now() + ${lifetime}
           FROM unnest($1::uuid[], $2::uuid[]) AS a (id, user_id)
          WHERE s.id = a.id AND s.user_id = a.user_id AND s.deleted_at IS NULL AND s.expires_at > now()
            AND s.last_accessed < now() - interval '${freshMs / 2000} seconds'`,
        [accesses.map(({ sessionId }) => sessionId), accesses.map(({ userId }) => userId)],
      );
    } catch (error) {
      // the next request must record the access again
      for (const { sessionId, userId } of accesses) this.freshUntil.delete(`${userId} ${sessionId}`);
      this.infrastructure.logger.warn({ err: error }, 'accesses of sessions were not written');
    }
  }
}
