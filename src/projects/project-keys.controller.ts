import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import type { ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, RequestUrl } from '../http/request.js';
import { messageSchema } from '../users/users.schema.js';
import { projectIdParam } from './project-access.js';
import {
  createProjectKeySchema,
  projectKeyListQuery,
  projectKeyPageSchema,
  projectKeyWithSecretSchema,
  type CreateProjectKey,
  type ProjectKeyListQuery,
} from './project-keys.schema.js';
import { ProjectKeysService } from './project-keys.service.js';

const errors: readonly ErrorCode[] = ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND', 'PROJECT_ACCESS_DENIED'];

@Controller('api/projects/:project_id/keys')
export class ProjectKeysController {
  constructor(private readonly keys: ProjectKeysService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List the keys of a project',
    description: 'For its owners; the latest first, without their secret part.',
    response: projectKeyPageSchema,
    errors,
  })
  listKeys(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: projectKeyListQuery }) query: ProjectKeyListQuery,
    @RequestUrl() url: string,
  ) {
    return this.keys.list(actor, projectId, query, url);
  }

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Create a key of a project',
    description:
      'Whoever has it works in this project as a developer, and sees no other; `project_id` may be left out then. The answer shows it, once. For the owners of the project; at most 50.',
    status: 201,
    location: '/api/projects/{project_id}/keys',
    response: projectKeyWithSecretSchema,
    showsSecret: true,
    errors: [...errors, 'PROJECT_ARCHIVED', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  createKey(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Body({ schema: createProjectKeySchema }) body: CreateProjectKey,
  ) {
    return this.keys.create(actor, projectId, body);
  }

  @Delete(':key_id')
  @Endpoint({
    access: 'write',
    summary: 'Revoke a key of a project',
    description: 'It is refused from then on, its connections are closed, and its runs are cancelled.',
    response: messageSchema,
    errors: [...errors, 'RESOURCE_NOT_FOUND'],
  })
  revokeKey(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Param('key_id', { schema: id }) keyId: string,
  ) {
    return this.keys.revoke(actor, projectId, keyId);
  }
}
