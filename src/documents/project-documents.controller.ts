import { Body, Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { ErrorCode } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, RequestUrl } from '../http/request.js';
import { projectIdParam } from '../projects/project-access.js';
import {
  createDocumentSchema,
  createMemorySchema,
  documentListQuery,
  documentPageSchema,
  documentSchema,
  memoryListQuery,
  type CreateDocument,
  type CreateMemory,
  type DocumentListQuery,
  type MemoryListQuery,
} from './documents.schema.js';
import { DocumentsService } from './documents.service.js';

const read: readonly ErrorCode[] = ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'];
const written: readonly ErrorCode[] = [
  ...read,
  'PROJECT_ACCESS_DENIED',
  'PROJECT_ARCHIVED',
  'PROJECT_LIMIT_EXCEEDED',
  'RESOURCE_LIMIT_EXCEEDED',
];

/** The docs and the memory of a project. */
@Controller('api/projects/:project_id')
export class ProjectDocumentsController {
  constructor(private readonly documents: DocumentsService) {}

  @Get('docs')
  @Endpoint({
    access: 'read',
    summary: 'List the docs of a project',
    description: 'The newest first, each with the beginning of its text.',
    response: documentPageSchema,
    errors: read,
  })
  listDocs(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) project: string,
    @Query({ schema: documentListQuery }) query: DocumentListQuery,
    @RequestUrl() url: string,
  ) {
    return this.documents.list(actor, { kind: 'doc', project }, query, url);
  }

  @Post('docs')
  @Endpoint({
    access: 'write',
    summary: 'Write a doc for a project',
    description:
      'Markdown, kept as it is sent, and later with its versions: `/api/documents/{document_id}` reads and changes it. A project has at most 1,000 docs, which count against its `storage_limit`.',
    status: 201,
    location: '/api/documents/{id}',
    response: documentSchema,
    body: 'large',
    errors: written,
  })
  addDoc(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) project: string,
    @Body({ schema: createDocumentSchema }) body: CreateDocument,
  ) {
    return this.documents.create(actor, { kind: 'doc', project }, body);
  }

  @Get('memory')
  @Endpoint({
    access: 'read',
    summary: 'Recall what a project is to remember',
    description:
      'Notes, the newest first, each with the beginning of its text, by tag and by words as tasks are searched.',
    response: documentPageSchema,
    errors: read,
  })
  listMemory(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) project: string,
    @Query({ schema: memoryListQuery }) query: MemoryListQuery,
    @RequestUrl() url: string,
  ) {
    return this.documents.list(actor, { kind: 'memory', project }, query, url);
  }

  @Post('memory')
  @Endpoint({
    access: 'write',
    summary: 'Have a project remember something',
    description:
      'A note for whoever works on the project later, without versions. A project has at most 100,000 notes, which count against its `storage_limit`.',
    status: 201,
    location: '/api/documents/{id}',
    response: documentSchema,
    body: 'large',
    errors: written,
  })
  remember(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) project: string,
    @Body({ schema: createMemorySchema }) body: CreateMemory,
  ) {
    return this.documents.create(actor, { kind: 'memory', project }, body);
  }
}
