import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import { MembersService } from './members.service.js';
import { projectIdParam } from './project-access.js';
import { ProjectRemoval } from './project-removal.service.js';
import {
  createProjectSchema,
  deleteProjectQuery,
  deletedSchema,
  membersSchema,
  projectDetailSchema,
  projectListQuery,
  projectPageSchema,
  projectSchema,
  setMemberSchema,
  updateProjectSchema,
  type CreateProject,
  type DeleteProjectQuery,
  type MemberRole,
  type ProjectListQuery,
  type UpdateProject,
} from './projects.schema.js';
import { ProjectsService } from './projects.service.js';

@Controller('api/projects')
export class ProjectsController {
  constructor(
    private readonly projects: ProjectsService,
    private readonly removal: ProjectRemoval,
    private readonly members: MembersService,
  ) {}

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Create a project',
    description:
      'You become its owner. The key is the prefix of the refs of its tasks (`SHOP-42`) and cannot be changed. The number of projects of a user is limited (`MAX_PROJECTS_PER_USER`).',
    status: 201,
    location: '/api/projects/{id}',
    response: projectSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_ALREADY_EXISTS', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  create(@CurrentActor() actor: Actor, @Body({ schema: createProjectSchema }) body: CreateProject) {
    return this.projects.create(actor, body);
  }

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List the projects you may see',
    description:
      'Lists your own projects, those you are a member of, and internal ones; administrators see all.',
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
    description: 'A project that you may not see gets the same response as one that does not exist.',
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
    description:
      'Only the given fields are changed. Archived projects are read-only until their status is set back.',
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
    description:
      'The deletion is soft: nothing is erased, but the project and its tasks become invisible. With `permanent=true` an archived project is removed for good: for everybody at once, and what it held, from tasks to output and workspaces, in the background. Its activity stays.',
    response: deletedSchema,
    errors: [
      'VALIDATION_ERROR',
      'PROJECT_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_NOT_ARCHIVED',
      'RESOURCE_IN_USE',
    ],
  })
  delete(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: deleteProjectQuery }) { permanent }: DeleteProjectQuery,
  ) {
    return this.removal.remove(actor, projectId, permanent);
  }

  @Get(':project_id/members')
  @Endpoint({
    access: 'read',
    summary: 'List the members of a project',
    description: 'Lists the members with their roles.',
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
    description:
      'Requires an owner of the project. Runs of a member who becomes a viewer are cancelled unless they have started. The response lists all members.',
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
    description:
      'Requires an owner of the project. Runs of the member that have not started are cancelled. The response lists the remaining members.',
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
