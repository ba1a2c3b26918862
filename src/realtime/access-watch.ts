import { Injectable } from '@nestjs/common';
import { batchesOf } from '../common/batches.js';
import { AppError } from '../common/errors.js';
import { toAppError } from '../http/error-filter.js';
import { hasScope, scopesOf } from '../common/scopes.js';
import { Audiences } from '../projects/audiences.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { ConnectionAuthenticator } from './connection-authenticator.js';
import { closeCodes } from './limits.js';
import { errorMessage } from './server-message.js';
import { closingErrors } from './message-error.filter.js';
import { Subscribers } from './subscribers.js';
import { resourceOfChannel, type Subscription } from './subscription.js';

/** Connections whose users and projects are looked up together, with four queries a batch. */
const batchSize = 500;

/** Ends subscriptions and connections as soon as their user loses the access that they need. */
@Injectable()
export class AccessWatch {
  constructor(
    private readonly connections: Connections,
    private readonly audiences: Audiences,
    private readonly authenticator: ConnectionAuthenticator,
    private readonly subscribers: Subscribers,
  ) {}

  /**
   * Checks that a subscription that was just resolved is still permitted. A change between this check and `Subscribers.add` is not missed.
   * @throws PROJECT_NOT_FOUND
   */
  async confirm(connection: Connection, subscription: Subscription): Promise<void> {
    if (!(await this.isPermitted(connection, subscription))) throw accessLost(subscription);
  }

  async projectChanged(projectId: string): Promise<void> {
    this.audiences.forget(projectId);
    for (const connection of this.connections) {
      const affected = [...connection.subscriptions.values()].filter((each) => each.projectId === projectId);
      if (affected.length > 0) await this.recheck(connection, affected);
    }
  }

  async userChanged(userId: string): Promise<void> {
    await Promise.all(this.connections.ofUser(userId).map((connection) => this.renew(connection)));
  }

  /** Re-evaluates every connection, after events of changes may have been lost. */
  async recheckAll(): Promise<void> {
    this.audiences.forgetAll();
    for (const connections of batchesOf(this.connections, batchSize)) {
      try {
        await this.authenticator.prefetch(connections);
        await this.audiences.prefetch(connections.flatMap(projectsOf));
      } catch (error) {
        // Access that cannot be looked up is denied.
        for (const connection of connections) refuse(connection, error);
        continue;
      }
      for (const connection of connections) await this.renew(connection);
    }
  }

  private async renew(connection: Connection): Promise<void> {
    try {
      await this.authenticator.renew(connection);
    } catch (error) {
      return refuse(connection, error);
    }
    await this.rightsChanged(connection);
  }

  /** Re-evaluates all subscriptions of a connection, since another token of its user may allow less. */
  async rightsChanged(connection: Connection): Promise<void> {
    await this.recheck(connection, [...connection.subscriptions.values()]);
  }

  private async recheck(connection: Connection, subscriptions: Subscription[]): Promise<void> {
    for (const subscription of subscriptions) {
      // Access that cannot be looked up is denied.
      if (await this.isPermitted(connection, subscription).catch(() => false)) continue;
      if (connection.subscriptions.get(subscription.key) !== subscription) continue;
      this.subscribers.remove(connection, subscription.key);
      connection.send(errorMessage(accessLost(subscription), { ...subscription.topic }));
    }
  }

  private async isPermitted(
    connection: Connection,
    { projectId, executionId, requestedBy, topic }: Subscription,
  ): Promise<boolean> {
    if (projectId !== null) await this.audiences.load(projectId);
    const actor = connection.identity;
    if (!actor || !hasScope(actor, scopesOf(resourceOfChannel[topic.channel], 'read'))) return false;
    if (projectId !== null) return this.audiences.maySee(actor, projectId);
    return executionId === undefined || actor.role === 'admin' || requestedBy === actor.id;
  }
}

function projectsOf({ subscriptions }: Connection): string[] {
  return [...subscriptions.values()].flatMap(({ projectId }) => projectId ?? []);
}

function refuse(connection: Connection, thrown: unknown): void {
  const error = toAppError(thrown);
  connection.refuse(closingErrors[error.code] ?? closeCodes.unauthenticated, error);
}

function accessLost({ projectId, topic }: Subscription): AppError {
  const options = { message: 'You may not see this any more: the subscription has ended' };
  if (projectId !== null) return new AppError('PROJECT_NOT_FOUND', { project_id: projectId }, options);
  return new AppError('RESOURCE_NOT_FOUND', { command_id: topic.command_id }, options);
}
