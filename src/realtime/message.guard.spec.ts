import 'reflect-metadata';
import { ExecutionContextHost } from '@nestjs/core/internal';
import { describe, expect, test } from 'vitest';
import { MESSAGE_RULES } from './message-access.js';
import { MessageGuard } from './message.guard.js';
import { clientMessages } from './client-message.js';
import { RealtimeGateway } from './realtime.gateway.js';

const handlers = Object.entries(Object.getOwnPropertyDescriptors(RealtimeGateway.prototype))
  .filter(([, { value }]) => typeof value === 'function' && Reflect.hasMetadata('message', value as object))
  .map(([name, { value }]) => [name, value as () => void] as const);

describe('message handlers of the gateway', () => {
  test('cover exactly the messages of the protocol', () => {
    const types = handlers.map(([, handler]) => Reflect.getMetadata('message', handler) as string);
    expect(types.toSorted()).toEqual(Object.keys(clientMessages).toSorted());
  });

  test.each(handlers)('%s declares who may send it', (_name, handler) => {
    expect(Reflect.getMetadata(MESSAGE_RULES, handler)).toHaveProperty('access');
  });

  test('without a declaration are refused for everybody', async () => {
    const guard = new MessageGuard({} as never);
    const connection = { identity: { id: 'someone', role: 'admin' } };
    const context = new ExecutionContextHost([connection, {}], RealtimeGateway, () => undefined);
    await expect(guard.canActivate(context)).rejects.toMatchObject({ code: 'AUTH_INSUFFICIENT_PERMISSIONS' });
  });
});
