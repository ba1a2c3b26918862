import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { subscriptions as subscriptionCount } from '../common/metrics.js';
import type { Connection } from './connection.js';
import { limits } from './limits.js';
import { isMeant, type Subscription } from './subscription.js';
import type { Topic } from './message.js';

/** Who listens to what, looked up from both sides. */
@Injectable()
export class Subscribers {
  private readonly byKey = new Map<string, Set<Connection>>();

  /** @throws RESOURCE_LIMIT_EXCEEDED when the connection has as many as allowed */
  check(connection: Connection, key: string): void {
    const { subscriptions } = connection;
    if (subscriptions.size >= limits.subscriptions && !subscriptions.has(key)) {
      throw new AppError('RESOURCE_LIMIT_EXCEEDED', {
        limit: limits.subscriptions,
        resource: 'subscriptions',
      });
    }
  }

  /** Adds a subscription; one about the same takes the place of the earlier. */
  add(connection: Connection, subscription: Subscription): void {
    this.remove(connection, subscription.key);
    connection.subscriptions.set(subscription.key, subscription);
    subscriptionCount.inc({ channel: subscription.topic.channel });
    const listeners = this.byKey.get(subscription.key) ?? new Set();
    this.byKey.set(subscription.key, listeners.add(connection));
  }

  remove(connection: Connection, key: string): void {
    const subscription = connection.subscriptions.get(key);
    if (!subscription) return;
    subscription.stop?.();
    connection.subscriptions.delete(key);
    subscriptionCount.dec({ channel: subscription.topic.channel });
    const listeners = this.byKey.get(key);
    listeners?.delete(connection);
    if (listeners?.size === 0) this.byKey.delete(key);
  }

  /** Removes the subscriptions that a request to unsubscribe names, if there are any. */
  removeMatching(connection: Connection, request: Topic): void {
    for (const subscription of connection.subscriptions.values()) {
      if (isMeant(subscription, request)) this.remove(connection, subscription.key);
    }
  }

  removeAll(connection: Connection): void {
    for (const key of connection.subscriptions.keys()) this.remove(connection, key);
  }

  has(...keys: string[]): boolean {
    return keys.some((key) => this.byKey.has(key));
  }

  /** Those who listen to any of the keys, each once. */
  of(...keys: string[]): Set<Connection> {
    const found = new Set<Connection>();
    for (const key of keys) for (const connection of this.byKey.get(key) ?? []) found.add(connection);
    return found;
  }
}
