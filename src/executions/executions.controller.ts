import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Endpoint } from '../http/endpoint.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import { fileMedia } from '../http/stored-file.js';
import {
  artifactListQuery,
  artifactListSchema,
  artifactPieceQuery,
  type ArtifactListQuery,
  type ArtifactPieceQuery,
} from './artifacts/artifacts.schema.js';
import { ArtifactsService } from './artifacts/artifacts.service.js';
import { executionDetailSchema } from './executions.schema.js';
import { ExecutionsService } from './executions.service.js';

@Controller('api/executions')
export class ExecutionsController {
  constructor(
    private readonly executions: ExecutionsService,
    private readonly artifacts: ArtifactsService,
  ) {}

  @Get(':execution_id')
  @Endpoint({
    access: 'read',
    summary: 'Show one attempt to run a command',
    description:
      'Returns an execution of a task or of a single command: state, times, exit code and the reason why it waits.',
    response: executionDetailSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  get(@CurrentActor() actor: Actor, @Param('execution_id', { schema: id }) executionId: string) {
    return this.executions.show(actor, executionId);
  }

  @Get(':execution_id/artifacts')
  @Endpoint({
    access: 'read',
    summary: 'List the files that are kept of a run',
    description:
      'What matched `artifacts` of its task and was made or changed by it, by path. They are kept as long as the output of the run.',
    response: artifactListSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  listArtifacts(
    @CurrentActor() actor: Actor,
    @Param('execution_id', { schema: id }) executionId: string,
    @Query({ schema: artifactListQuery }) query: ArtifactListQuery,
  ) {
    return this.artifacts.list(actor, executionId, query);
  }

  @Get(':execution_id/artifacts/:artifact_id')
  @Endpoint({
    access: 'read',
    waits: true,
    summary: 'Download a file of a run',
    description:
      'The bytes as the run left them, with whatever is in them: secrets are not masked. They are offered for saving, but for PNG, JPEG, GIF and WebP images, which a browser may show. `from_offset` and `limit` choose a piece. The download is cut off when the right to it ends.',
    raw: fileMedia,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  async downloadArtifact(
    @CurrentActor() actor: Actor,
    @Param('execution_id', { schema: id }) executionId: string,
    @Param('artifact_id', { schema: id }) artifactId: string,
    @Query({ schema: artifactPieceQuery }) query: ArtifactPieceQuery,
    @Res() reply: FastifyReply,
  ) {
    await this.artifacts.send(reply, actor, executionId, artifactId, query);
  }
}
