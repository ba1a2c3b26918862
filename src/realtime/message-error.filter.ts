import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { toAppError } from '../http/error-filter.js';
import { AppError, type ErrorCode } from '../common/errors.js';
import { Infrastructure } from '../infra/infrastructure.js';
import type { Connection } from './connection.js';
import { closeCodes, limits } from './limits.js';
import { errorMessage, type Reply } from './server-message.js';

/** Close codes for failed authentications that another token of the client would not mend. */
export const closingErrors: Partial<Record<ErrorCode, number>> = {
  AUTH_ACCOUNT_DISABLED: closeCodes.forbidden,
  AUTH_TOKEN_EXPIRED: closeCodes.expired,
  WEBSOCKET_CONNECTION_FAILED: closeCodes.tooMany,
};

/** Answers a message that failed with an `error`. The connection stays open, except after an authentication that cannot succeed. */
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
   * Sends and logs the error that a thrown value is mapped to.
   * @param type the message's type, if it is known
   */
  answer(thrown: unknown, type: string | undefined, reply: Reply): AppError {
    // The validation of texts recurses into the message: a deeply nested one exceeds the stack.
    const tooDeep = thrown instanceof RangeError;
    const error = tooDeep
      ? new AppError('VALIDATION_INVALID_FORMAT', { issue: 'Nested too deeply' })
      : toAppError(thrown);
    this.infrastructure.logger[error.level]({ code: error.code, type, err: error.cause }, error.message);
    reply(errorMessage(error, type === undefined ? {} : { request: type }));
    return error;
  }
}

/** Closes a connection whose authentication cannot succeed, or has failed too often. */
function afterRefusedSignIn(connection: Connection, error: AppError): void {
  connection.failedAuthentications += 1;
  const isTooOften = connection.failedAuthentications >= limits.failedAuthentications;
  // An authenticated connection stays authenticated when a later token is refused.
  const ofHandshake = connection.identity ? undefined : closingErrors[error.code];
  const closeCode = ofHandshake ?? (isTooOften ? closeCodes.tooMany : undefined);
  if (closeCode !== undefined) connection.end(closeCode, error.message);
}
