import { Body, Controller, Param, Post } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import { projectIdParam } from '../projects/project-access.js';
import { clonedProjectSchema, cloneProjectSchema, type CloneProject } from './project-clone.schema.js';
import { ProjectCloneService } from './project-clone.service.js';

@Controller('api/projects')
export class ProjectCloneController {
  constructor(private readonly clones: ProjectCloneService) {}

  @Post(':project_id/clone')
  @Endpoint({
    access: 'write',
    summary: 'Copy a project',
    description:
      'You own the copy. Its tasks are pending, unassigned unless they were assigned to you, and depend on each other as before; members, history and results are not copied.',
    status: 201,
    location: '/api/projects/{id}',
    response: clonedProjectSchema,
    errors: [
      'VALIDATION_ERROR',
      'PROJECT_NOT_FOUND',
      'RESOURCE_ALREADY_EXISTS',
      'PROJECT_LIMIT_EXCEEDED',
      'RESOURCE_LIMIT_EXCEEDED',
    ],
  })
  clone(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Body({ schema: cloneProjectSchema }) body: CloneProject,
  ) {
    return this.clones.clone(actor, projectId, body);
  }
}
