import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { parse } from '../http/validation.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { typeSchema, type ClientMessageType } from './client-message.js';
import type { Connection } from './connection.js';
import { closeCodes, limits } from './limits.js';
import { errorMessage, type Reply } from './message.js';
import type { RawMessage } from './message-access.js';
import { MessageErrorFilter } from './message-error.filter.js';

/** Passes what the transports read on to the gateway: within the connection's rate, one message after the other. */
@Injectable()
export class IncomingMessages {
  constructor(
    private readonly errors: MessageErrorFilter,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Has one message handled; whatever is wrong with it is answered, and the connection lives on.
   * @param read gives the message, or throws when it cannot be read
   * @param bytes how long it is, where it has not been read yet: to read one costs the more the longer it is
   * @param reply takes the answer; by default it is sent as a message of its own
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
      // The rest is looked at when it is known who sends it.
      type = parse(typeSchema, isObject(message) ? { type: message['type'] } : undefined).type;
      this.enqueue(connection, type, message, reply);
    } catch (error) {
      connection.immediate.add(() => void this.errors.answer(error, type, reply));
    }
  }

  private enqueue(connection: Connection, type: ClientMessageType, message: RawMessage, reply: Reply): void {
    const handle = connection.handlers.get(type)!;
    // A client that checks whether the server is there must not wait behind what is being done for it.
    const queue = type === 'ping' ? connection.immediate : connection.messages;
    const isAdded = queue.add(async () => {
      if (!connection.closed) await handle(message, reply);
    });
    if (!isAdded) throw new AppError('RATE_LIMIT_EXCEEDED', { waiting: limits.pending });
  }
}

const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A message counts as one for each KiB that is begun. */
export const costOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024));

function slowDown(connection: Connection, reply: Reply): void {
  const error = new AppError('RATE_LIMIT_EXCEEDED', { limit: limits.messagesPerSecond, window: 1 });
  connection.immediate.add(() => reply(errorMessage(error)));
  if (connection.rate.refused > limits.refusals) connection.end(closeCodes.tooMany, 'Too many messages');
}
