import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import type { Credential } from '../credentials/credential.entity.js';
import { toCredential, type CredentialView } from '../credentials/credentials.schema.js';
import { Credentials, refuseEscalation } from '../credentials/credentials.service.js';
import type { Page } from '../http/pagination.js';
import { Database } from '../infra/database.js';
import { confirmActor } from '../users/actor.queries.js';
import type { AgentKeyListQuery, CreateAgentKey } from './agents.schema.js';
import { AgentsService } from './agents.service.js';

/** The keys by which agents are known: whoever has one acts as the agent. */
@Injectable()
export class AgentKeysService {
  constructor(
    private readonly database: Database,
    private readonly agents: AgentsService,
    private readonly credentials: Credentials,
  ) {}

  /**
   * Creates a key. Only this response contains the secret.
   * @throws RESOURCE_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED with 50 keys, AUTH_INSUFFICIENT_PERMISSIONS for scopes beyond the token that makes
   * the request; RESOURCE_IN_USE for an agent that is disabled
   */
  async create(
    actor: Actor,
    name: string,
    input: CreateAgentKey,
  ): Promise<CredentialView & { token: string }> {
    return this.database.transaction(async (tx) => {
      const { id } = await this.agents.require(name, tx);
      await tx.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [id]);
      // who may create keys may create users as well, so a key may outlive the token that creates it
      refuseEscalation(await confirmActor(tx, actor, 'admin'), input.scopes);
      const { disabled } = await this.agents.require(id, tx);
      if (disabled)
        throw new AppError('RESOURCE_IN_USE', { agent_id: id }, { message: 'The agent is disabled' });
      return this.credentials.create(tx, actor, { ...input, kind: 'key', userId: id });
    });
  }

  /** Lists the keys of an agent, the latest first, without their secret part. @throws RESOURCE_NOT_FOUND */
  async list(name: string, query: AgentKeyListQuery, url: string): Promise<Page<CredentialView>> {
    const { id } = await this.agents.require(name);
    return this.credentials.list({ userId: id }, query, url);
  }

  /** Revokes a key, which closes its connections. @throws RESOURCE_NOT_FOUND */
  async revoke(actor: Actor, name: string, keyId: string): Promise<{ message: string }> {
    const { id } = await this.agents.require(name);
    await this.database.transaction(async (tx) => {
      await confirmActor(tx, actor, 'admin');
      const [key] = await tx.query<Credential>('SELECT * FROM credentials WHERE id = $1 AND user_id = $2', [
        keyId,
        id,
      ]);
      if (!key) throw new AppError('RESOURCE_NOT_FOUND', { key_id: keyId });
      await this.credentials.revoke(tx, actor, toCredential(key));
    });
    return { message: 'Key revoked' };
  }
}
