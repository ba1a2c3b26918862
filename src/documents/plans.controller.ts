import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, RequestUrl } from '../http/request.js';
import { taskIdParam } from '../tasks/task-ref.js';
import {
  createDocumentSchema,
  documentListQuery,
  documentPageSchema,
  documentSchema,
  type CreateDocument,
  type DocumentListQuery,
} from './documents.schema.js';
import { DocumentsService } from './documents.service.js';

@Controller('api/tasks/:task_id/plans')
export class PlansController {
  constructor(private readonly documents: DocumentsService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List the plans of a task',
    description: 'The newest first, each with the beginning of its text.',
    response: documentPageSchema,
    errors: ['VALIDATION_ERROR', 'TASK_NOT_FOUND'],
  })
  listPlans(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) task: string,
    @Query({ schema: documentListQuery }) query: DocumentListQuery,
    @RequestUrl() url: string,
  ) {
    return this.documents.list(actor, { kind: 'plan', task }, query, url);
  }

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Write a plan for a task',
    description:
      'Markdown, kept as it is sent, and later with its versions: `/api/documents/{document_id}` reads and changes it. A task has at most 100 plans.',
    status: 201,
    location: '/api/documents/{id}',
    response: documentSchema,
    body: 'large',
    errors: [
      'VALIDATION_ERROR',
      'TASK_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
      'PROJECT_LIMIT_EXCEEDED',
      'RESOURCE_LIMIT_EXCEEDED',
    ],
  })
  addPlan(
    @CurrentActor() actor: Actor,
    @Param('task_id', { schema: taskIdParam }) task: string,
    @Body({ schema: createDocumentSchema }) body: CreateDocument,
  ) {
    return this.documents.create(actor, { kind: 'plan', task }, body);
  }
}
