import { UseFilters, UseGuards, UseInterceptors } from '@nestjs/common';
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import { scopesOf } from '../common/scopes.js';
import { TaskExecutionService } from '../tasks/task-execution.service.js';
import { AccessWatch } from './access-watch.js';
import { clientMessages, type ClientMessage } from './client-message.js';
import type { Connection } from './connection.js';
import { ConnectionAuthenticator } from './connection-authenticator.js';
import { message, ServerMessage, type Reply } from './server-message.js';
import { MessageAccess, scopesOfChannel } from './message-access.js';
import { MessageErrorFilter } from './message-error.filter.js';
import { MessageGuard } from './message.guard.js';
import { MessageTurns } from './message-turns.interceptor.js';
import { OutputPump } from './output-pump.js';
import { PerformanceMeter } from './performance-meter.js';
import { Subscribers } from './subscribers.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { keys } from './subscription.js';

/**
 * Handles the messages of clients, over socket.io and plain WebSocket alike (`RealtimeAdapter`). A method returns the answer. Messages
 * of one connection are handled one after the other, except `ping`.
 */
@WebSocketGateway()
@UseGuards(MessageGuard)
@UseFilters(MessageErrorFilter)
export class RealtimeGateway implements OnGatewayDisconnect<Connection> {
  constructor(
    private readonly authenticator: ConnectionAuthenticator,
    private readonly subscriptions: SubscriptionsService,
    private readonly subscribers: Subscribers,
    private readonly pump: OutputPump,
    private readonly meter: PerformanceMeter,
    private readonly taskExecution: TaskExecutionService,
    private readonly watch: AccessWatch,
  ) {}

  handleDisconnect(connection: Connection): void {
    this.subscribers.removeAll(connection);
  }

  /** Authenticates the connection, or replaces its token by a later one of the same user. */
  @SubscribeMessage('authenticate')
  @MessageAccess({ access: 'public', counts: 'renewal' })
  async authenticate(
    @ConnectedSocket() connection: Connection,
    @MessageBody({ schema: clientMessages.authenticate }) { token }: ClientMessage<'authenticate'>,
  ): Promise<ServerMessage | undefined> {
    const isRenewal = connection.identity !== undefined;
    await this.authenticator.admit(connection, token);
    // A connection that was closed meanwhile has no identity.
    if (connection.closed) return undefined;
    connection.signedIn();
    if (isRenewal) await this.watch.rightsChanged(connection);
    return this.authenticator.greeting(connection);
  }

  /** Returns the client's own timestamp, so that it can measure the round trip. */
  @SubscribeMessage('ping')
  @MessageAccess({ access: 'public' })
  ping(@MessageBody({ schema: clientMessages.ping }) { timestamp }: ClientMessage<'ping'>): ServerMessage {
    return new ServerMessage({ type: 'pong', timestamp: timestamp ?? Date.now() });
  }

  /** Subscribes to the events of a channel from now on; a command's output is sent from `from_offset` on, stored output included. */
  @SubscribeMessage('subscribe')
  @MessageAccess({ access: 'read', scopes: scopesOfChannel, counts: 'subscription' })
  @UseInterceptors(MessageTurns)
  async subscribe(
    @ConnectedSocket() connection: Connection,
    @MessageBody({ schema: clientMessages.subscribe }) request: ClientMessage<'subscribe'>,
    @Ack() reply: Reply,
  ): Promise<void> {
    const subscription = await this.subscriptions.resolve(connection.identity!, request);
    this.subscribers.check(connection, subscription.key);
    const first =
      subscription.key === keys.performance
        ? message('performance_data', await this.meter.read())
        : undefined;
    // Access may have been lost during the look-up, when there was no subscription yet that `AccessWatch` could have ended.
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
        // A later subscription to the same output must not be removed.
        if (connection.subscriptions.get(key) === subscription) this.subscribers.remove(connection, key);
      });
    }
    if (first) connection.send(first);
  }

  /** Ends the subscriptions that match the topic. */
  @SubscribeMessage('unsubscribe')
  @MessageAccess({ access: 'read', scopes: () => scopesOf('system', 'read') })
  unsubscribe(
    @ConnectedSocket() connection: Connection,
    @MessageBody({ schema: clientMessages.unsubscribe }) request: ClientMessage<'unsubscribe'>,
  ): ServerMessage {
    this.subscribers.removeMatching(connection, request);
    return message('unsubscribed', request);
  }

  /** Enqueues an execution of a task, as `POST /api/tasks/{id}/execute` does. */
  @SubscribeMessage('execute_task')
  @MessageAccess({ access: 'execute', scopes: () => scopesOf('tasks', 'execute'), counts: 'request' })
  @UseInterceptors(MessageTurns)
  async executeTask(
    @ConnectedSocket() connection: Connection,
    @MessageBody({ schema: clientMessages.execute_task }) request: ClientMessage<'execute_task'>,
  ): Promise<ServerMessage> {
    const { task_id, priority, options, inputs } = request;
    const queued = await this.taskExecution.execute(connection.identity!, task_id, {
      priority,
      options,
      inputs,
    });
    return message('task_update', { ...queued, updated_at: new Date().toISOString() });
  }

  /** Measures the host, this process and the queues. */
  @SubscribeMessage('get_metrics')
  @MessageAccess({ access: 'read', scopes: () => scopesOf('system', 'read'), counts: 'request' })
  @UseInterceptors(MessageTurns)
  async getMetrics(
    @MessageBody({ schema: clientMessages.get_metrics }) { metrics }: ClientMessage<'get_metrics'>,
  ): Promise<ServerMessage> {
    return message('performance_data', await this.meter.read(metrics ?? ['performance', 'queue_status']));
  }
}
