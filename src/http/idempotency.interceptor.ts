import { createHash } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { stringify } from 'safe-stable-stringify';
import { lastValueFrom, from, type Observable } from 'rxjs';
import { SHOWS_SECRET } from './endpoint.js';
import { AppError } from '../common/errors.js';
import type { ActorRequest } from './request.js';
import { Database } from '../infra/database.js';

const keyPattern = /^[\x21-\x7e]{1,255}$/;
/** The time after which a request without a response counts as lost with its process. */
const abandonedSeconds = 120;
/** No request is at work for longer than this, so its activity is looked for in this time after its claim only. */
const longestRequest = '15 minutes';

/**
 * An SQL condition, true when the request that has claimed the key `k` has changed something, although it has left no response: its
 * process died between the two. Every change leaves an activity entry in its transaction. A client may give several requests the same id, so the
 * time and the user count, too.
 */
export const wasDone = `EXISTS (
  SELECT 1 FROM activity a
   WHERE a.at BETWEEN k.created_at AND k.created_at + interval '${longestRequest}'
     AND a.actor_id = k.user_id AND a.request_id = k.request_id)`;

/** A hash of a request, independent of the order of its fields and of a final slash. */
function fingerprintOf({ method, url, body }: ActorRequest): Buffer {
  const [path = '', query = ''] = url.split('?', 2);
  const target = `${path.replace(/\/$/, '')}?${query}`;
  return createHash('sha256')
    .update(`${method} ${target}\n${stringify(body ?? null)}`)
    .digest();
}

/** Selects a key by its claim: a request that was taken for lost must not change the key of the one that claimed it anew. */
const ofClaim = 'WHERE user_id = $1 AND key = $2 AND created_at = $3 AND status IS NULL';

interface StoredAnswer {
  fingerprint: Buffer;
  status: number | null;
  response: string | null;
  is_abandoned: boolean;
  was_done: boolean;
}

/**
 * Replays the first response to a POST with an `Idempotency-Key`, per user. An error response is not stored: nothing was done, so the
 * same key may be retried.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly database: Database) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<ActorRequest>();
    const key = request.headers['idempotency-key'];
    if (key === undefined || request.method !== 'POST' || !request.user) return next.handle();
    if (request.routeOptions.config.rules?.isRaw)
      throw new AppError('VALIDATION_INVALID_FORMAT', {
        field: 'Idempotency-Key',
        issue: 'The answers of this route are not kept: leave it out',
      });
    const secret = Reflect.getMetadata(SHOWS_SECRET, context.getHandler()) === true;
    const work = () => lastValueFrom(next.handle()) as Promise<unknown>;
    return from(
      this.once(request, http.getResponse<FastifyReply>(), String(key), request.user.id, work, secret),
    );
  }

  private async once(
    request: ActorRequest,
    reply: FastifyReply,
    key: string,
    userId: string,
    work: () => Promise<unknown>,
    secret: boolean,
  ): Promise<unknown> {
    if (!keyPattern.test(key)) {
      throw new AppError('VALIDATION_INVALID_FORMAT', {
        field: 'Idempotency-Key',
        issue: 'Send 1 to 255 visible ASCII characters',
      });
    }
    const fingerprint = fingerprintOf(request);
    const first = await this.begin(userId, key, fingerprint, request.id);
    if (!('claimedAt' in first)) {
      void reply.status(first.status).header('Idempotency-Replayed', 'true');
      return first.response === '' ? undefined : JSON.parse(first.response);
    }
    const claim = [userId, key, first.claimedAt];
    const data = await work().catch(async (error: unknown) => {
      await this.database.query(`DELETE FROM idempotency_keys ${ofClaim}`, claim);
      throw error;
    });
    await this.database.query(`UPDATE idempotency_keys SET status = $4, response = $5 ${ofClaim}`, [
      ...claim,
      reply.statusCode,
      // an answer without content is kept as an empty text
      secret ? null : (JSON.stringify(data) ?? ''),
    ]);
    return data;
  }

  /**
   * Claims the key for this request and returns the time of the claim, or returns the stored response.
   * @throws IDEMPOTENCY_CONFLICT for another request's key, while the first request is in progress, and when it was carried out and its
   * answer lost
   */
  private async begin(
    userId: string,
    key: string,
    fingerprint: Buffer,
    requestId: string,
  ): Promise<{ claimedAt: Date } | { status: number; response: string }> {
    const [claimed] = await this.database.query<{ created_at: Date }>(
      `INSERT INTO idempotency_keys AS k (user_id, key, fingerprint, request_id) VALUES ($1, $2, $3, $5)
       ON CONFLICT (user_id, key) DO UPDATE SET created_at = now(), request_id = excluded.request_id
         WHERE k.status IS NULL AND k.fingerprint = excluded.fingerprint
           AND k.created_at < now() - make_interval(secs => $4) AND NOT ${wasDone}
       RETURNING created_at`,
      [userId, key, fingerprint, abandonedSeconds, requestId],
    );
    if (claimed) return { claimedAt: claimed.created_at };
    const [stored] = await this.database.query<StoredAnswer & Record<string, unknown>>(
      `SELECT fingerprint, status, response, created_at < now() - make_interval(secs => $3) AS is_abandoned,
              status IS NULL AND ${wasDone} AS was_done
         FROM idempotency_keys k WHERE user_id = $1 AND key = $2`,
      [userId, key, abandonedSeconds],
    );
    if (!stored?.fingerprint.equals(fingerprint)) throw new AppError('IDEMPOTENCY_CONFLICT');
    if (stored.status !== null && stored.response === null) {
      throw new AppError(
        'IDEMPOTENCY_CONFLICT',
        {},
        { message: 'This was done; its answer showed a secret and is not kept' },
      );
    }
    if (stored.is_abandoned && stored.was_done) {
      throw new AppError(
        'IDEMPOTENCY_CONFLICT',
        {},
        {
          message:
            'This was carried out, but its answer is missing: its process has died, or it takes very long',
        },
      );
    }
    if (stored.status === null || stored.response === null) {
      throw new AppError(
        'IDEMPOTENCY_CONFLICT',
        {},
        { message: 'The first request with this key is still at work', retryAfterSeconds: 1 },
      );
    }
    return { status: stored.status, response: stored.response };
  }
}
