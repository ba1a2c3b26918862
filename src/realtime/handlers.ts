import { Injectable } from '@nestjs/common';
import type { Actor, Permission, Scope } from '../common/permissions.js';
import { scopesOf } from '../common/scopes.js';
import { TaskExecutionService } from '../tasks/task-execution.service.js';
import { AccessWatch } from './access-watch.js';
import type { ClientMessage, ClientMessageType } from './client-message.js';
import type { Connection } from './connection.js';
import { Doorkeeper } from './doorkeeper.js';
import { message, type Message } from './message.js';
import { OutputPump } from './output-pump.js';
import { PerformanceMeter } from './performance-meter.js';
import { Subscribers } from './subscribers.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { keys, roomOfChannel } from './subscription.js';

type Reply = (answer: Message) => void;

/** A ping is answered on the spot and not here. */
export type HandledType = Exclude<ClientMessageType, 'ping'>;

interface Handler<T extends HandledType> {
  /** What the user's role must allow; `anybody` needs no sign-in. */
  access: Permission | 'anybody';
  /** The scopes of which a personal access token needs one. */
  scopes?(request: ClientMessage<T>): readonly Scope[];
  run(connection: Connection, request: ClientMessage<T>, reply: Reply, actor: Actor): Promise<void> | void;
}

/** What is done about each message that clients may send. */
@Injectable()
export class Handlers {
  constructor(
    private readonly doorkeeper: Doorkeeper,
    private readonly subscriptions: SubscriptionsService,
    private readonly subscribers: Subscribers,
    private readonly pump: OutputPump,
    private readonly meter: PerformanceMeter,
    private readonly taskExecution: TaskExecutionService,
    private readonly watch: AccessWatch,
  ) {}

  readonly table: { [T in HandledType]: Handler<T> } = {
    authenticate: {
      access: 'anybody',
      run: async (connection, { token }, reply) => {
        const isRenewal = connection.identity !== undefined;
        await this.doorkeeper.admit(connection, token);
        connection.signedIn();
        if (isRenewal) await this.watch.rightsChanged(connection);
        reply(this.doorkeeper.greeting(connection));
      },
    },
    subscribe: {
      access: 'read',
      scopes: ({ channel }) => scopesOf(roomOfChannel[channel], 'read'),
      run: (...call) => this.subscribe(...call),
    },
    unsubscribe: {
      access: 'read',
      scopes: () => scopesOf('system', 'read'),
      run: (connection, request, reply) => {
        this.subscribers.removeMeant(connection, request);
        reply(message('unsubscribed', request));
      },
    },
    execute_task: {
      access: 'execute',
      scopes: () => scopesOf('tasks', 'execute'),
      run: async (_connection, { task_id, priority, options }, reply, actor) => {
        const queued = await this.taskExecution.execute(actor, task_id, { priority, options });
        reply(message('task_update', { ...queued, updated_at: new Date().toISOString() }));
      },
    },
    get_metrics: {
      access: 'read',
      scopes: () => scopesOf('system', 'read'),
      run: async (_connection, { metrics }, reply) => {
        reply(message('performance_data', await this.meter.read(metrics ?? ['performance', 'queue_status'])));
      },
    },
  };

  private async subscribe(
    connection: Connection,
    request: ClientMessage<'subscribe'>,
    reply: Reply,
    actor: Actor,
  ): Promise<void> {
    const subscription = await this.subscriptions.resolve(actor, request);
    this.subscribers.check(connection, subscription.key);
    // access that was lost during the look-up went unseen, since there was no subscription yet to be ended
    if (connection.closed) return;
    await this.watch.confirm(connection, subscription);
    const { topic, executionId, fromOffset, key } = subscription;
    const stopping = new AbortController();
    subscription.stop = () => stopping.abort();
    this.subscribers.add(connection, subscription);
    reply(
      message('subscribed', { ...topic, ...(fromOffset === undefined ? {} : { from_offset: fromOffset }) }),
    );
    if (executionId !== undefined) {
      void this.pump.run(connection.peer, executionId, fromOffset ?? 0, stopping.signal).then(() => {
        // a later subscription to the same output is another one
        if (connection.subscriptions.get(key) === subscription) this.subscribers.remove(connection, key);
      });
    }
    if (key === keys.performance) connection.send(message('performance_data', await this.meter.read()));
  }
}
