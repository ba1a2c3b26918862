import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { toAppError } from '../http/error-filter.js';
import { AppError, type ErrorCode } from '../common/errors.js';
import { Infrastructure } from '../infra/infrastructure.js';
import type { Connection } from './connection.js';
import { closeCodes, limits } from './limits.js';
import { errorMessage, type Reply } from './message.js';

/** Close codes of connections whose sign-in is refused for reasons that another token would not change. */
export const closingErrors: Partial<Record<ErrorCode, number>> = {
  AUTH_ACCOUNT_DISABLED: closeCodes.forbidden,
  AUTH_TOKEN_EXPIRED: closeCodes.expired,
  WEBSOCKET_CONNECTION_FAILED: closeCodes.tooMany,
};

/** Answers a message that failed with an `error`. The connection lives on, except after a sign-in that cannot succeed. */
@Catch()
export class MessageErrorFilter implements ExceptionFilter {
  constructor(private readonly infrastructure: Infrastructure) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const connection = host.switchToWs().getClient<Connection>();
    const type = host.switchToWs().getPattern();
    const error = this.answer(thrown, type, host.getArgByIndex<Reply>(2));
    if (type === 'authenticate') afterRefusedSignIn(connection, error);
  }

  /**
   * Sends the error that a thrown value stands for.
   * @param type the message's type, as far as it is known
   */
  answer(thrown: unknown, type: string | undefined, reply: Reply): AppError {
    // The check of texts recurses into what it is given.
    const tooDeep = thrown instanceof RangeError;
    const error = tooDeep
      ? new AppError('VALIDATION_INVALID_FORMAT', { issue: 'Nested too deeply' })
      : toAppError(thrown);
    this.infrastructure.logger[error.level]({ code: error.code, type, err: error.cause }, error.message);
    reply(errorMessage(error, type === undefined ? {} : { request: type }));
    return error;
  }
}

/** Some reasons close the connection, and so does trying one token after the other. */
function afterRefusedSignIn(connection: Connection, error: AppError): void {
  connection.failedAuthentications += 1;
  const isTooOften = connection.failedAuthentications >= limits.failedAuthentications;
  // A connection that has a user keeps it, whatever another token is worth.
  const ofHandshake = connection.identity ? undefined : closingErrors[error.code];
  const closeCode = ofHandshake ?? (isTooOften ? closeCodes.tooMany : undefined);
  if (closeCode !== undefined) connection.end(closeCode, error.message);
}
