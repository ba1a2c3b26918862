import { Body, Controller, Get, Put } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, IfMatch } from '../http/request.js';
import {
  updateWorkspaceSchema,
  workspaceSchema,
  workspacesSchema,
  type UpdateWorkspace,
} from './workspace.schema.js';
import { WorkspaceService } from './workspace.service.js';

@Controller('api')
export class WorkspaceController {
  constructor(private readonly workspace: WorkspaceService) {}

  @Get('workspace')
  @Endpoint({
    access: 'read',
    summary: 'Show the workspace',
    description: 'The name and the settings of this installation.',
    response: workspaceSchema,
  })
  get() {
    return this.workspace.get();
  }

  @Put('workspace')
  @Endpoint({
    access: 'admin',
    summary: 'Change the workspace',
    description: 'Only the given fields are changed.',
    response: workspaceSchema,
    errors: ['VALIDATION_ERROR', 'VERSION_CONFLICT'],
  })
  update(
    @CurrentActor() actor: Actor,
    @Body({ schema: updateWorkspaceSchema }) body: UpdateWorkspace,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.workspace.update(actor, body, ifMatch);
  }

  @Get('workspaces')
  @Endpoint({
    access: 'read',
    summary: 'List the workspaces',
    description: 'There is one: this installation.',
    response: workspacesSchema,
  })
  async list() {
    return { workspaces: [await this.workspace.get()] };
  }
}
