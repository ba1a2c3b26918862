import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import type { ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import { deletedSchema } from '../projects/projects.schema.js';
import {
  appendSchema,
  documentListQuery,
  documentSchema,
  documentVersionSchema,
  updateDocumentSchema,
  versionPageSchema,
  type Append,
  type DocumentListQuery,
  type UpdateDocument,
} from './documents.schema.js';
import { DocumentsService } from './documents.service.js';

const read: readonly ErrorCode[] = ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'];
const written: readonly ErrorCode[] = [
  ...read,
  'PROJECT_ACCESS_DENIED',
  'PROJECT_ARCHIVED',
  'PROJECT_LIMIT_EXCEEDED',
];

/** A version counts from 1. */
const versionParam = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'Send the number of a version')
  .transform(Number)
  .meta({ description: 'The number of a version' });

/** Plans of tasks, docs and memory of projects, by their ids. */
@Controller('api/documents')
export class DocumentsController {
  constructor(private readonly documents: DocumentsService) {}

  @Get(':document_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a document',
    description: 'A plan, a doc or a note to remember, with its whole text.',
    response: documentSchema,
    errors: read,
  })
  get(@CurrentActor() actor: Actor, @Param('document_id', { schema: id }) documentId: string) {
    return this.documents.get(actor, documentId);
  }

  @Put(':document_id')
  @Endpoint({
    access: 'write',
    summary: 'Change a document',
    description:
      'Only the given fields are changed. Plans and docs keep every version with its `change_note`; only notes to remember have tags.',
    response: documentSchema,
    body: 'large',
    errors: [...written, 'VERSION_CONFLICT'],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('document_id', { schema: id }) documentId: string,
    @Body({ schema: updateDocumentSchema }) body: UpdateDocument,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.documents.update(actor, documentId, body, ifMatch);
  }

  @Post(':document_id/append')
  @Endpoint({
    access: 'write',
    summary: 'Add to a document',
    description:
      'Adds the text behind a new line, without knowing what is there: what others add at the same time stays.',
    response: documentSchema,
    body: 'large',
    errors: [...written, 'VALIDATION_VALUE_TOO_LONG'],
  })
  append(
    @CurrentActor() actor: Actor,
    @Param('document_id', { schema: id }) documentId: string,
    @Body({ schema: appendSchema }) body: Append,
  ) {
    return this.documents.append(actor, documentId, body);
  }

  @Delete(':document_id')
  @Endpoint({
    access: 'write',
    summary: 'Delete a document',
    description: 'With all its versions, for good.',
    response: deletedSchema,
    errors: written,
  })
  delete(@CurrentActor() actor: Actor, @Param('document_id', { schema: id }) documentId: string) {
    return this.documents.remove(actor, documentId);
  }

  @Get(':document_id/versions')
  @Endpoint({
    access: 'read',
    summary: 'List the versions of a document',
    description: 'Of a plan or a doc, the newest first, without their texts. Notes to remember keep none.',
    response: versionPageSchema,
    errors: read,
  })
  listVersions(
    @CurrentActor() actor: Actor,
    @Param('document_id', { schema: id }) documentId: string,
    @Query({ schema: documentListQuery }) query: DocumentListQuery,
    @RequestUrl() url: string,
  ) {
    return this.documents.versions(actor, documentId, query, url);
  }

  @Get(':document_id/versions/:version')
  @Endpoint({
    access: 'read',
    summary: 'Show a version of a document',
    description: 'Returns its title and text as they were.',
    response: documentVersionSchema,
    errors: read,
  })
  getVersion(
    @CurrentActor() actor: Actor,
    @Param('document_id', { schema: id }) documentId: string,
    @Param('version', { schema: versionParam }) version: number,
  ) {
    return this.documents.version(actor, documentId, version);
  }
}
