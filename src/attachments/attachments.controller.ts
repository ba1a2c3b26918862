import { Body, Controller, Delete, Get, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor } from '../http/request.js';
import { deletedSchema } from '../projects/projects.schema.js';
import { fileMedia } from '../http/stored-file.js';
import { AttachmentContent } from './attachment-content.js';
import { attachmentSchema, createAttachmentSchema, type CreateAttachment } from './attachments.schema.js';
import { AttachmentsService } from './attachments.service.js';

/** Files and links of tasks, projects and documents. */
@Controller('api/attachments')
export class AttachmentsController {
  constructor(
    private readonly attachments: AttachmentsService,
    private readonly file: AttachmentContent,
  ) {}

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Attach a file or a link',
    description:
      'A link as JSON, or a file of at most 10 MiB as `multipart/form-data` with the part `file` and the other fields as parts. A task, a project or a document has at most 500; files count against the `storage_limit` of the project.',
    status: 201,
    location: '/api/attachments/{id}',
    response: attachmentSchema,
    body: 'file',
    errors: [
      'VALIDATION_ERROR',
      'TASK_NOT_FOUND',
      'PROJECT_NOT_FOUND',
      'RESOURCE_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
      'RESOURCE_LIMIT_EXCEEDED',
      'PROJECT_LIMIT_EXCEEDED',
    ],
  })
  create(@CurrentActor() actor: Actor, @Body({ schema: createAttachmentSchema }) body: CreateAttachment) {
    return this.attachments.create(actor, body);
  }

  @Get(':attachment_id')
  @Endpoint({
    access: 'read',
    summary: 'Show an attachment',
    description: 'Its name, size and hash, or where a link leads.',
    response: attachmentSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  get(@CurrentActor() actor: Actor, @Param('attachment_id', { schema: id }) attachmentId: string) {
    return this.attachments.get(actor, attachmentId);
  }

  @Get(':attachment_id/content')
  @Endpoint({
    access: 'read',
    waits: true,
    summary: 'Download an attached file',
    description:
      'The bytes as they were sent. They are offered for saving, but for PNG, JPEG, GIF and WebP images, which a browser may show. A link has no content (409). The download is cut off when the right to it ends.',
    raw: fileMedia,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'ATTACHMENT_IS_LINK'],
  })
  async content(
    @CurrentActor() actor: Actor,
    @Param('attachment_id', { schema: id }) attachmentId: string,
    @Res() reply: FastifyReply,
  ) {
    await this.file.send(reply, actor, attachmentId);
  }

  @Delete(':attachment_id')
  @Endpoint({
    access: 'write',
    summary: 'Remove an attachment',
    description: 'Your own, or any as an owner of the project. The file is gone.',
    response: deletedSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED'],
  })
  delete(@CurrentActor() actor: Actor, @Param('attachment_id', { schema: id }) attachmentId: string) {
    return this.attachments.remove(actor, attachmentId);
  }
}
