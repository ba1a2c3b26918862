import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** The tokens of Millrace, which are in the paths of triggers, in whatever part of a line they are. */
const tokens = /\bmlr_([a-z]{3})_[0-9A-Za-z]{8,}/g;

/** Creates the process's logger: JSON lines on standard error, so that standard output stays free for readable messages. */
export function createLogger(level: string, role: string): Logger {
  return pino(
    {
      level,
      base: { role, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describe },
      redact: { paths: ['*.password', '*.token', '*.secret', '*.authorization'], censor: '[hidden]' },
      hooks: { streamWrite: (line) => line.replace(tokens, 'mlr_$1_…') },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}

/**
 * Serializes an error for the log without its other fields: a failed statement carries its parameters and a failed Redis command its
 * arguments, which may contain a password.
 */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  const { name: type, message, stack, cause } = error;
  return { type, code, message, stack, ...(cause === undefined ? {} : { cause: describe(cause) }) };
}

/** Passes Nest's log messages to the logger, those of its start-up at debug level. */
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
