import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { subscriptions as subscriptionCount } from '../common/metrics.js';
import type { Connection } from './connection.js';
import { limits } from './limits.js';
import { matches, type Subscription } from './subscription.js';
import type { Topic } from './server-message.js';

/** Indexes subscriptions by connection and by key. */
@Injectable()
export class Subscribers {
  private readonly byKey = new Map<string, Set<Connection>>();

  /** @throws RESOURCE_LIMIT_EXCEEDED when the connection has the most subscriptions already */
  check(connection: Connection, key: string): void {
    const { subscriptions } = connection;
    if (subscriptions.size >= limits.subscriptions && !subscriptions.has(key)) {
      throw new AppError('RESOURCE_LIMIT_EXCEEDED', {
        limit: limits.subscriptions,
        resource: 'subscriptions',
      });
    }
  }

  /** Adds a subscription, which replaces an earlier one with the same key. */
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

  /** Removes the subscriptions that match a request to unsubscribe, if there are any. */
  removeMatching(connection: Connection, request: Topic): void {
    for (const subscription of connection.subscriptions.values()) {
      if (matches(subscription, request)) this.remove(connection, subscription.key);
    }
  }

  removeAll(connection: Connection): void {
    for (const key of connection.subscriptions.keys()) this.remove(connection, key);
  }

  has(...keys: string[]): boolean {
    return keys.some((key) => this.byKey.has(key));
  }

  /** The connections that are subscribed to any of the keys, each once. */
  of(...keys: string[]): Set<Connection> {
    const found = new Set<Connection>();
    for (const key of keys) for (const connection of this.byKey.get(key) ?? []) found.add(connection);
    return found;
  }
}
