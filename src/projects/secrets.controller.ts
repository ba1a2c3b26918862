import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import { projectIdParam } from './project-access.js';
import { secretName, secretSchema, secretsSchema, setSecretSchema } from './secrets.schema.js';
import { SecretsService } from './secrets.service.js';

@Controller('api/projects/:project_id/secrets')
export class SecretsController {
  constructor(private readonly secrets: SecretsService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: "List the names of a project's secrets",
    description: 'Lists the names for owners of the project and administrators. Values are never returned.',
    response: secretsSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND', 'PROJECT_ACCESS_DENIED'],
  })
  listSecrets(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
  ) {
    return this.secrets.list(actor, projectId);
  }

  @Put(':name')
  @Endpoint({
    access: 'write',
    summary: 'Set or replace a secret of a project',
    description:
      'Commands of the project that start later get it as an environment variable, unless their task or request sets a ' +
      'variable of that name. In their output it is masked by `***`: unchanged, line by line, in JSON, in URLs and in base64.',
    response: secretSchema,
    errors: [
      'VALIDATION_ERROR',
      'PROJECT_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'RESOURCE_LIMIT_EXCEEDED',
      'SECRETS_UNPROTECTED',
    ],
  })
  setSecret(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Param('name', { schema: secretName }) name: string,
    @Body({ schema: setSecretSchema }) body: { value: string },
  ) {
    return this.secrets.set(actor, projectId, name, body.value);
  }

  @Delete(':name')
  @Endpoint({
    access: 'write',
    summary: 'Remove a secret of a project',
    description: 'Runs that start later do not get it any more. The response lists the remaining secrets.',
    response: secretsSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'RESOURCE_NOT_FOUND'],
  })
  removeSecret(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Param('name', { schema: secretName }) name: string,
  ) {
    return this.secrets.remove(actor, projectId, name);
  }
}
