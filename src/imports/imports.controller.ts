import { Body, Controller, Param, Post, Query } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { RawBody, rawBodySchema } from '../http/raw-body.js';
import { CurrentActor, Waiting, type WaitingRequest } from '../http/request.js';
import { projectIdParam } from '../projects/project-access.js';
import { findingsExamples, importExamples, manifestExamples } from './examples.js';
import {
  findingsQuery,
  importQuery,
  planSchema,
  syncQuery,
  type FindingsQuery,
  type ImportFormat,
  type ImportQuery,
  type SyncQuery,
} from './imports.schema.js';
import { ImportsService } from './imports.service.js';
import type { FileContents } from './formats/contents.js';
import { readCsv } from './formats/read-csv.js';
import { readGithub } from './formats/read-github.js';
import { readMillrace } from './formats/read-millrace.js';
import { ReconcileService } from './reconcile.service.js';

const readers: Record<ImportFormat, (bytes: Buffer, signal: AbortSignal) => Promise<FileContents>> = {
  millrace: readMillrace,
  github: readGithub,
  csv: readCsv,
};

const errors = [
  'MALFORMED_REQUEST',
  'VALIDATION_ERROR',
  'PROJECT_NOT_FOUND',
  'PROJECT_ACCESS_DENIED',
  'PROJECT_ARCHIVED',
  'RESOURCE_IN_USE',
  'RESOURCE_ALREADY_EXISTS',
  'RESOURCE_LIMIT_EXCEEDED',
  'PROJECT_LIMIT_EXCEEDED',
] as const;

@Controller('api/projects')
export class ImportsController {
  constructor(
    private readonly imports: ImportsService,
    private readonly reconciling: ReconcileService,
  ) {}

  @Post(':project_id/import')
  @Endpoint({
    access: 'write',
    waits: true,
    summary: 'Import a file into a project',
    description:
      'The file is the body, at most 50 MiB and 20,000 tasks. All of it is imported or nothing: a fault anywhere is answered with 422 and every fault by its line. A task is known by its `external_ref`, else by its ref when the file is from this project, else by where it came from or its content; what is known is changed where the file differs, so the same file again changes nothing. Nothing is taken away: comments, checklist items, plans and attachments are only added. New schedules and triggers are switched off, and so are those of which the file changes when or what they run; they take the right to run commands, for a token the scope `execute`, too. What the file does not say, such as an empty cell of CSV, stays as it is. A project without any task keeps the numbers of the refs.',
    body: 'raw',
    rawBody: importExamples,
    response: planSchema,
    errors,
  })
  import(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: importQuery }) { format, dry_run }: ImportQuery,
    @Body({ schema: rawBodySchema }) body: RawBody,
    @Waiting() request: WaitingRequest,
  ) {
    return this.imports.run(
      actor,
      projectId,
      dry_run,
      (signal) => readers[format](body.bytes, signal),
      request,
    );
  }

  @Post(':project_id/findings')
  @Endpoint({
    access: 'write',
    waits: true,
    summary: 'Import the findings of a scanner',
    description:
      'SARIF 2.1.0, or a list `[{fingerprint, title, severity, description?, location?, type?}]`, which may be the field `findings` behind the name of its `tool`. Each finding is a task of type `vulnerability` or `bug`, known by its fingerprint, with the tool as its `source`. A finding that comes back after its task was completed is pending again; one whose task was cancelled stays so. With `complete_missing`, tasks of the same tool whose findings are gone are completed. All or nothing, as an import.',
    body: 'raw',
    rawBody: findingsExamples,
    response: planSchema,
    errors: [...errors],
  })
  importFindings(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: findingsQuery }) query: FindingsQuery,
    @Body({ schema: rawBodySchema }) body: RawBody,
    @Waiting() request: WaitingRequest,
  ) {
    return this.reconciling.findings(actor, projectId, query, body.bytes, request);
  }

  @Post(':project_id/sync')
  @Endpoint({
    access: 'write',
    waits: true,
    summary: 'Reconcile a project with a manifest',
    description:
      'The manifest is YAML (at most 4 MiB) or JSON: `tasks`, each with an `external_ref` and the fields it sets, and optionally `source`, the name of the manifest. Tasks that it names are made, changed or brought back from the archive; others stay, unless `prune` archives those of its `source` that it does not name. `parent` and `dependencies` name tasks by `external_ref` or ref. All or nothing, as an import.',
    body: 'raw',
    rawBody: manifestExamples,
    response: planSchema,
    errors: [...errors],
  })
  sync(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: syncQuery }) query: SyncQuery,
    @Body({ schema: rawBodySchema }) body: RawBody,
    @Waiting() request: WaitingRequest,
  ) {
    return this.reconciling.sync(actor, projectId, query, body.bytes, request);
  }
}
