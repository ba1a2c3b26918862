// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  Agent,
  AgentKeyPage,
  AgentKeyWithSecret,
  AgentPage,
  AgentsListKeysQuery,
  AgentsListQuery,
  CreateAgent,
  CreateAgentKey,
  Message,
  UpdateAgent,
} from '../types.js';

/** Agents, which work on backlogs of their own, and their keys */
export class AgentsResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the agents.
   * Everybody knows of the agents; their backlogs have members like any project. Scopes, one of: `tasks.read`, `tasks.write`, `projects.read`, `projects.write`, `execute`, `webhooks.manage`, `profile.write`, `tokens.manage`, `admin`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} ANSWER_TOO_LARGE
   */
  list(query?: AgentsListQuery, options?: RequestOptions): Listing<AgentPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/agents', query, options }, 'items');
  }

  /**
   * Create an agent.
   * A user with keys instead of a password, with a project of its own whose key is its prefix: its tasks are `MKT-001`, `MKT-002` and so on. You own that project, and the agent is a developer there. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_ALREADY_EXISTS, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT
   */
  create(body: CreateAgent, options?: RequestOptions): Promise<Agent> {
    return this.api.call({ method: 'POST', path: '/agents', body, options });
  }

  /**
   * Show an agent.
   * Takes the id of the agent or its slug. Scopes, one of: `tasks.read`, `tasks.write`, `projects.read`, `projects.write`, `execute`, `webhooks.manage`, `profile.write`, `tokens.manage`, `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(agentId: string, options?: RequestOptions): Promise<Agent> {
    return this.api.call({ method: 'GET', path: '/agents/{agentId}', parameters: { agentId }, options });
  }

  /**
   * Change, disable or enable an agent.
   * Only the given fields are changed, those of its project too. While it is disabled its project is archived and its runs are cancelled. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, VERSION_CONFLICT
   */
  update(agentId: string, body: UpdateAgent, options?: RequestOptions): Promise<Agent> {
    return this.api.call({
      method: 'PUT',
      path: '/agents/{agentId}',
      parameters: { agentId },
      body,
      options,
    });
  }

  /**
   * Delete an agent.
   * It is disabled, its keys are revoked and its project is archived; what it has done stays. `disabled: false` brings it back, without its keys. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  delete(agentId: string, options?: RequestOptions): Promise<Message> {
    return this.api.call({ method: 'DELETE', path: '/agents/{agentId}', parameters: { agentId }, options });
  }

  /**
   * List the keys of an agent.
   * The latest first, without their secret part. Scopes, one of: `admin`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listKeys(
    agentId: string,
    query?: AgentsListKeysQuery,
    options?: RequestOptions,
  ): Listing<AgentKeyPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/agents/{agentId}/keys', parameters: { agentId }, query, options },
      'items',
    );
  }

  /**
   * Create a key for an agent.
   * Whoever has it acts as the agent. The answer shows it, once. Without `scopes` it can read and change tasks, see projects and run commands. At most 50 an agent. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, RESOURCE_IN_USE, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT
   */
  createKey(agentId: string, body: CreateAgentKey, options?: RequestOptions): Promise<AgentKeyWithSecret> {
    return this.api.call({
      method: 'POST',
      path: '/agents/{agentId}/keys',
      parameters: { agentId },
      body,
      options,
    });
  }

  /**
   * Revoke a key of an agent.
   * It is refused from then on, and sockets that were opened with it are closed. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  revokeKey(agentId: string, keyId: string, options?: RequestOptions): Promise<Message> {
    return this.api.call({
      method: 'DELETE',
      path: '/agents/{agentId}/keys/{keyId}',
      parameters: { agentId, keyId },
      options,
    });
  }
}
