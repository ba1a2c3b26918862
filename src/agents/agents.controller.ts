import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import { messageSchema } from '../users/users.schema.js';
import { AgentKeysService } from './agent-keys.service.js';
import {
  agentKeyListQuery,
  agentKeyPageSchema,
  agentKeyWithSecretSchema,
  agentListQuery,
  agentPageSchema,
  agentParam,
  agentSchema,
  createAgentKeySchema,
  createAgentSchema,
  updateAgentSchema,
  type AgentKeyListQuery,
  type AgentListQuery,
  type CreateAgent,
  type CreateAgentKey,
  type UpdateAgent,
} from './agents.schema.js';
import { AgentsService } from './agents.service.js';

@Controller('api/agents')
export class AgentsController {
  constructor(
    private readonly agents: AgentsService,
    private readonly keys: AgentKeysService,
  ) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List the agents',
    description: 'Everybody knows of the agents; their backlogs have members like any project.',
    response: agentPageSchema,
    errors: ['VALIDATION_ERROR'],
  })
  list(@Query({ schema: agentListQuery }) query: AgentListQuery, @RequestUrl() url: string) {
    return this.agents.list(query, url);
  }

  @Post()
  @Endpoint({
    access: 'admin',
    summary: 'Create an agent',
    description:
      'A user with keys instead of a password, with a project of its own whose key is its prefix: its tasks are `MKT-001`, `MKT-002` and so on. You own that project, and the agent is a developer there.',
    status: 201,
    location: '/api/agents/{id}',
    response: agentSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_ALREADY_EXISTS', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  create(@CurrentActor() actor: Actor, @Body({ schema: createAgentSchema }) body: CreateAgent) {
    return this.agents.create(actor, body);
  }

  @Get(':agent_id')
  @Endpoint({
    access: 'read',
    summary: 'Show an agent',
    description: 'Takes the id of the agent or its slug.',
    response: agentSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  get(@Param('agent_id', { schema: agentParam }) agentId: string) {
    return this.agents.get(agentId);
  }

  @Put(':agent_id')
  @Endpoint({
    access: 'admin',
    summary: 'Change, disable or enable an agent',
    description:
      'Only the given fields are changed, those of its project too. While it is disabled its project is archived and its runs are cancelled.',
    response: agentSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'VERSION_CONFLICT'],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('agent_id', { schema: agentParam }) agentId: string,
    @Body({ schema: updateAgentSchema }) body: UpdateAgent,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.agents.update(actor, agentId, body, ifMatch);
  }

  @Delete(':agent_id')
  @Endpoint({
    access: 'admin',
    summary: 'Delete an agent',
    description:
      'It is disabled, its keys are revoked and its project is archived; what it has done stays. `disabled: false` brings it back, without its keys.',
    response: messageSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  delete(@CurrentActor() actor: Actor, @Param('agent_id', { schema: agentParam }) agentId: string) {
    return this.agents.remove(actor, agentId);
  }

  @Get(':agent_id/keys')
  @Endpoint({
    access: 'admin',
    summary: 'List the keys of an agent',
    description: 'The latest first, without their secret part.',
    response: agentKeyPageSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  listKeys(
    @Param('agent_id', { schema: agentParam }) agentId: string,
    @Query({ schema: agentKeyListQuery }) query: AgentKeyListQuery,
    @RequestUrl() url: string,
  ) {
    return this.keys.list(agentId, query, url);
  }

  @Post(':agent_id/keys')
  @Endpoint({
    access: 'admin',
    summary: 'Create a key for an agent',
    description:
      'Whoever has it acts as the agent. The answer shows it, once. Without `scopes` it can read and change tasks, see projects and run commands. At most 50 an agent.',
    status: 201,
    location: '/api/agents/{user_id}/keys',
    response: agentKeyWithSecretSchema,
    showsSecret: true,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'RESOURCE_IN_USE', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  createKey(
    @CurrentActor() actor: Actor,
    @Param('agent_id', { schema: agentParam }) agentId: string,
    @Body({ schema: createAgentKeySchema }) body: CreateAgentKey,
  ) {
    return this.keys.create(actor, agentId, body);
  }

  @Delete(':agent_id/keys/:key_id')
  @Endpoint({
    access: 'admin',
    summary: 'Revoke a key of an agent',
    description: 'It is refused from then on, and sockets that were opened with it are closed.',
    response: messageSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  revokeKey(
    @CurrentActor() actor: Actor,
    @Param('agent_id', { schema: agentParam }) agentId: string,
    @Param('key_id', { schema: id }) keyId: string,
  ) {
    return this.keys.revoke(actor, agentId, keyId);
  }
}
