import { Controller, Get, Param, Query } from '@nestjs/common';
import type { ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, RequestUrl } from '../http/request.js';
import { projectIdParam } from '../projects/project-access.js';
import { taskIdParam } from '../tasks/task-ref.js';
import { attachmentListQuery, attachmentPageSchema, type AttachmentListQuery } from './attachments.schema.js';
import { AttachmentsService } from './attachments.service.js';

const listOf = (what: string, notFound: ErrorCode) =>
  ({
    access: 'read',
    summary: `List the attachments of a ${what}`,
    description: 'Files and links, the newest first.',
    response: attachmentPageSchema,
    errors: ['VALIDATION_ERROR', notFound],
  }) as const;

/** What is attached to something, below its own path. */
@Controller('api')
export class AttachmentListsController {
  constructor(private readonly attachments: AttachmentsService) {}

  @Get('tasks/:task_id/attachments')
  @Endpoint(listOf('task', 'TASK_NOT_FOUND'))
  listAttachments(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) linked_id: string,
    @Query({ schema: attachmentListQuery }) query: AttachmentListQuery,
    @RequestUrl() url: string,
  ) {
    return this.attachments.list(actor, { linked_type: 'task', linked_id }, query, url);
  }

  @Get('projects/:project_id/attachments')
  @Endpoint(listOf('project', 'PROJECT_NOT_FOUND'))
  listProjectAttachments(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) linked_id: string,
    @Query({ schema: attachmentListQuery }) query: AttachmentListQuery,
    @RequestUrl() url: string,
  ) {
    return this.attachments.list(actor, { linked_type: 'project', linked_id }, query, url);
  }

  @Get('documents/:document_id/attachments')
  @Endpoint(listOf('document', 'RESOURCE_NOT_FOUND'))
  listDocumentAttachments(
    @CurrentActor() actor: Actor,
    @Param('document_id', { schema: id }) linked_id: string,
    @Query({ schema: attachmentListQuery }) query: AttachmentListQuery,
    @RequestUrl() url: string,
  ) {
    return this.attachments.list(actor, { linked_type: 'document', linked_id }, query, url);
  }
}
