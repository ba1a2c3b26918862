import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { parse } from '../http/validation.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { typeSchema, type ClientMessageType } from './client-message.js';
import type { Connection } from './connection.js';
import { closeCodes, limits } from './limits.js';
import { errorMessage, type Reply } from './server-message.js';
import type { RawMessage } from './message-access.js';
import { MessageErrorFilter } from './message-error.filter.js';

/** Passes messages from the transports to the gateway, within the connection's rate and one after the other. */
@Injectable()
export class IncomingMessages {
  constructor(
    private readonly errors: MessageErrorFilter,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Handles one message. An invalid one is answered with an error, and the connection stays open.
   * @param read returns the message, or throws when it cannot be parsed
   * @param bytes the length of a message that has not been parsed yet, since parsing costs in proportion to it; 0 for a parsed one
   * @param reply sends the answer; by default as a message of its own
   */
  receive(
    connection: Connection,
    read: () => unknown,
    bytes: number,
    reply: Reply = (answer) => connection.send(answer),
  ): void {
    if (connection.closed) return;
    if (this.infrastructure.config.RATE_LIMIT_ENABLED && !connection.rate.take(costOf(bytes)))
      return slowDown(connection, reply);
    let type: ClientMessageType | undefined;
    try {
      if (!connection.identity && bytes > limits.anonymousMessageBytes)
        throw new AppError('PAYLOAD_TOO_LARGE', { limit: limits.anonymousMessageBytes });
      const message = read() as RawMessage;
      // The other fields are validated in the gateway, when the sender is authenticated.
      type = parse(typeSchema, isObject(message) ? { type: message['type'] } : undefined).type;
      this.enqueue(connection, type, message, reply);
    } catch (error) {
      connection.immediate.add(() => void this.errors.answer(error, type, reply));
    }
  }

  private enqueue(connection: Connection, type: ClientMessageType, message: RawMessage, reply: Reply): void {
    const handle = connection.handlers.get(type)!;
    // A ping checks that the server is there, so it must not wait behind the client's other messages.
    const queue = type === 'ping' ? connection.immediate : connection.messages;
    const isAdded = queue.add(async () => {
      if (!connection.closed) await handle(message, reply);
    });
    if (!isAdded) throw new AppError('RATE_LIMIT_EXCEEDED', { waiting: limits.pending });
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The cost of a message in the rate limit: one for each KiB or part of one. */
export const costOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024));

function slowDown(connection: Connection, reply: Reply): void {
  const error = new AppError('RATE_LIMIT_EXCEEDED', { limit: limits.messagesPerSecond, window: 1 });
  connection.immediate.add(() => reply(errorMessage(error)));
  if (connection.rate.refused > limits.refusals) connection.end(closeCodes.tooMany, 'Too many messages');
}
