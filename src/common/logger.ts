import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** The process's log: JSON lines on standard error, so that standard output stays free for what a person reads. */
export function createLogger(level: string, role: string): Logger {
  return pino(
    {
      level,
      base: { role, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describe },
      redact: { paths: ['*.password', '*.token', '*.secret', '*.authorization'], censor: '[hidden]' },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/**
 * What a log line says of an error. Not all that it carries: a refused statement brings its parameters along, a refused Redis
 * command its arguments, and either may be a password.
 */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  const { name: type, message, stack, cause } = error;
  return { type, code, message, stack, ...(cause === undefined ? {} : { cause: describe(cause) }) };
}

/** Lets Nest write into our log; its start-up chatter is worth the debug level only. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error({ detail: rest.map(String) }, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }
}
