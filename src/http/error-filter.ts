import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorEnvelope } from './envelope.js';
import { AppError, type ErrorCode } from '../common/errors.js';
import { isDatabaseAway, isPoolClosed, isStatementTimeout } from '../infra/database-errors.js';
import type { RequestLog } from './request-log.js';

/** Statuses with which a body may be refused before all of it has arrived. */
const refusesTheRest = [413, 429, 503];

const tookTooLong =
  'The database took too long for this: ask for less, such as with a narrower search or filter, or try again later';

const byStatus: Record<number, ErrorCode> = {
  400: 'MALFORMED_REQUEST',
  401: 'AUTH_TOKEN_INVALID',
  403: 'AUTH_INSUFFICIENT_PERMISSIONS',
  404: 'RESOURCE_NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  414: 'MALFORMED_REQUEST',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMIT_EXCEEDED',
  503: 'SYSTEM_OVERLOADED',
};

/** The error for requests that arrive, or are not finished, while the server shuts down. */
export const shuttingDown = (cause?: unknown): AppError =>
  new AppError(
    'SYSTEM_OVERLOADED',
    {},
    { message: 'The server is shutting down, try again', retryAfterSeconds: 1, cause },
  );

/** Maps any thrown value to an `AppError`; an unexpected one becomes INTERNAL_ERROR, with its cause for the log. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isPoolClosed(error)) return shuttingDown(error);
  if (isDatabaseAway(error)) return new AppError('DATABASE_ERROR', {}, { cause: error });
  if (isStatementTimeout(error))
    return new AppError(
      'SYSTEM_OVERLOADED',
      {},
      { message: tookTooLong, cause: error, retryAfterSeconds: 5 },
    );
  const status = statusOf(error);
  const code = status === undefined ? undefined : byStatus[status];
  if (code === undefined || !(error instanceof Error))
    return new AppError('INTERNAL_ERROR', {}, { cause: error });
  return new AppError(code, {}, { message: error.message });
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  // Errors of the framework (an unreadable body, a malformed URL) carry their status.
  if (error instanceof Error && 'statusCode' in error) return Number(error.statusCode);
  return undefined;
}

/** Answers every error in the envelope; of an internal error, only the code reaches the client. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly log: RequestLog) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    this.answer(thrown, request, reply);
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = toAppError(thrown);
    this.log.failed(request, error);
    // A response that has begun can only be aborted.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (error.retryAfterSeconds !== undefined)
      void reply.header('Retry-After', Math.ceil(error.retryAfterSeconds));
    if (error.status === 401) void reply.header('WWW-Authenticate', 'Bearer');
    // A connection that is still receiving a refused body stays open: closing it would reset it before the client has read the response.
    if (!reply.raw.shouldKeepAlive) void reply.header('Connection', 'close');
    else if (refusesTheRest.includes(error.status)) void reply.removeHeader('connection');
    void reply
      .status(error.status)
      .type('application/json; charset=utf-8')
      .send(errorEnvelope(error, request.id));
  }
}
