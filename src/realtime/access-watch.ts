import { Injectable } from '@nestjs/common';
import { batchesOf } from '../common/batches.js';
import { AppError } from '../common/errors.js';
import { toAppError } from '../http/error-filter.js';
import { hasScope, scopesOf } from '../common/scopes.js';
import { Audiences } from './audiences.js';
import type { Connection } from './connection.js';
import { Connections } from './connections.js';
import { ConnectionAuthenticator } from './connection-authenticator.js';
import { closeCodes } from './limits.js';
import { errorMessage } from './message.js';
import { closingErrors } from './message-error.filter.js';
import { Subscribers } from './subscribers.js';
import { roomOfChannel, type Subscription } from './subscription.js';

/** So many connections are looked at with four queries. */
const atOnce = 500;

/** Ends what somebody may no longer hear of, as soon as that is so. */
@Injectable()
export class AccessWatch {
  constructor(
    private readonly connections: Connections,
    private readonly audiences: Audiences,
    private readonly authenticator: ConnectionAuthenticator,
    private readonly subscribers: Subscribers,
  ) {}

  /**
   * Whether a subscription that was just found is still permitted; no change between this and adding it is missed.
   * @throws PROJECT_NOT_FOUND
   */
  async confirm(connection: Connection, subscription: Subscription): Promise<void> {
    if (!(await this.isPermitted(connection, subscription))) throw lost(subscription);
  }

  async projectChanged(projectId: string): Promise<void> {
    this.audiences.forget(projectId);
    for (const connection of this.connections) {
      const concerned = [...connection.subscriptions.values()].filter((each) => each.projectId === projectId);
      if (concerned.length > 0) await this.recheck(connection, concerned);
    }
  }

  async userChanged(userId: string): Promise<void> {
    await Promise.all(this.connections.ofUser(userId).map((connection) => this.renew(connection)));
  }

  /** Changes may have gone unheard. */
  async everythingMayHaveChanged(): Promise<void> {
    this.audiences.forgetAll();
    for (const connections of batchesOf(this.connections, atOnce)) {
      try {
        await this.authenticator.prefetch(connections);
        await this.audiences.prefetch(connections.flatMap(projectsOf));
      } catch (error) {
        // what cannot be looked up now is not permitted now
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

  /** Looks again at all that a connection listens to: another token may allow less. */
  async rightsChanged(connection: Connection): Promise<void> {
    await this.recheck(connection, [...connection.subscriptions.values()]);
  }

  private async recheck(connection: Connection, subscriptions: Subscription[]): Promise<void> {
    for (const subscription of subscriptions) {
      // what cannot be looked up now is not permitted now
      if (await this.isPermitted(connection, subscription).catch(() => false)) continue;
      if (connection.subscriptions.get(subscription.key) !== subscription) continue;
      this.subscribers.remove(connection, subscription.key);
      connection.send(errorMessage(lost(subscription), { ...subscription.topic }));
    }
  }

  private async isPermitted(
    connection: Connection,
    { projectId, executionId, requestedBy, topic }: Subscription,
  ): Promise<boolean> {
    if (projectId !== null) await this.audiences.load(projectId);
    const actor = connection.identity;
    if (!actor || !hasScope(actor, scopesOf(roomOfChannel[topic.channel], 'read'))) return false;
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

function lost({ projectId, topic }: Subscription): AppError {
  const options = { message: 'You may not see this any more: the subscription has ended' };
  if (projectId !== null) return new AppError('PROJECT_NOT_FOUND', { project_id: projectId }, options);
  return new AppError('RESOURCE_NOT_FOUND', { command_id: topic.command_id }, options);
}
