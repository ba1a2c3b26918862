import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyReply } from 'fastify';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { closedSignal, onClosed } from '../http/on-closed.js';
import { CurrentActor } from '../http/request.js';
import { projectIdParam } from '../projects/project-access.js';
import { exportQuery, exportResponses, type ExportQuery } from './exports.schema.js';
import { ExportsService } from './exports.service.js';

@Controller('api/projects')
export class ExportsController {
  constructor(private readonly exports: ExportsService) {}

  @Get(':project_id/export')
  @Endpoint({
    access: 'read',
    waits: true,
    summary: 'Export a project as a file',
    description:
      'Streams all tasks that you may see, archived ones and drafts too. JSON is complete: labels, documents with their versions, comments, checklists, dependencies, links, schedules and triggers and, with `files`, the content of files; each label, document, task, schedule and trigger has a line of its own. Secrets stay out: the tokens and secrets of triggers, and the values of secret inputs, for which masks stand. Each task is as it was at one moment, the whole is not: a task that is created during the export may be missing. If something goes wrong after the beginning the connection is cut, so that a part is never taken for the whole.',
    raw: exportResponses,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  async export(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: exportQuery }) query: ExportQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { name, mediaType, body } = await this.exports.open(
      actor,
      projectId,
      query,
      () => reply.raw.destroy(),
      closedSignal(reply.raw),
    );
    onClosed(reply.raw, () => body.destroy());
    await reply
      .header('Content-Type', mediaType)
      .header('Content-Disposition', contentDisposition(name))
      .header('Content-Security-Policy', "default-src 'none'; sandbox")
      .header('Cache-Control', 'private, no-store, no-transform')
      .send(body);
  }
}
