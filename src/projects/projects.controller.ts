import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { Endpoint } from '../common/endpoint.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor, IfMatch, RequestUrl } from '../common/request.js';
import { MembersService } from './members.service.js';
import { projectIdParam } from './project-access.js';
import {
  createProjectSchema,
  deletedSchema,
  membersSchema,
  projectDetailSchema,
  projectListQuery,
  projectPageSchema,
  projectSchema,
  setMemberSchema,
  updateProjectSchema,
  type CreateProject,
  type MemberRole,
  type ProjectListQuery,
  type UpdateProject,
} from './projects.schema.js';
import { ProjectsService } from './projects.service.js';

@Controller('api/projects')
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsService,
    private readonly members: MembersService,
  ) {}

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Create a project',
    status: 201,
    response: projectSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_ALREADY_EXISTS'],
  })
  create(@CurrentActor() actor: Actor, @Body({ schema: createProjectSchema }) body: CreateProject) {
    return this.projects.create(actor, body);
  }

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List the projects you may see',
    response: projectPageSchema,
    errors: ['VALIDATION_ERROR'],
  })
  list(
    @CurrentActor() actor: Actor,
    @Query({ schema: projectListQuery }) query: ProjectListQuery,
    @RequestUrl() url: string,
  ) {
    return this.projects.list(actor, query, url);
  }

  @Get(':project_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a project with its statistics and recent activity',
    response: projectDetailSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  get(@CurrentActor() actor: Actor, @Param('project_id', { schema: projectIdParam }) projectId: string) {
    return this.projects.detail(actor, projectId);
  }

  @Put(':project_id')
  @Endpoint({
    access: 'write',
    summary: 'Change a project',
    response: projectSchema,
    errors: [
      'VALIDATION_ERROR',
      'PROJECT_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
      'VERSION_CONFLICT',
    ],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Body({ schema: updateProjectSchema }) body: UpdateProject,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.projects.update(actor, projectId, body, ifMatch);
  }

  @Delete(':project_id')
  @Endpoint({
    access: 'write',
    summary: 'Delete a project',
    description: 'Soft: nothing is erased, but the project and its tasks are no longer seen.',
    response: deletedSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'RESOURCE_IN_USE'],
  })
  delete(@CurrentActor() actor: Actor, @Param('project_id', { schema: projectIdParam }) projectId: string) {
    return this.projects.remove(actor, projectId);
  }

  @Get(':project_id/members')
  @Endpoint({
    access: 'read',
    summary: 'List the members of a project',
    response: membersSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  listMembers(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
  ) {
    return this.members.list(actor, projectId);
  }

  @Put(':project_id/members/:user_id')
  @Endpoint({
    access: 'write',
    summary: 'Add a member or change its role',
    response: membersSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'RESOURCE_NOT_FOUND'],
  })
  setMember(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Param('user_id', { schema: id }) userId: string,
    @Body({ schema: setMemberSchema }) body: { role: MemberRole },
  ) {
    return this.members.set(actor, projectId, userId, body.role);
  }

  @Delete(':project_id/members/:user_id')
  @Endpoint({
    access: 'write',
    summary: 'Remove a member',
    response: membersSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'RESOURCE_NOT_FOUND'],
  })
  removeMember(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Param('user_id', { schema: id }) userId: string,
  ) {
    return this.members.remove(actor, projectId, userId);
  }
}
