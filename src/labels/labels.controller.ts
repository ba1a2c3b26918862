import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import type { ErrorCode } from '../common/errors.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import {
  createLabelSchema,
  labelListQuery,
  labelPageSchema,
  labelSchema,
  updateLabelSchema,
  type CreateLabel,
  type LabelListQuery,
  type UpdateLabel,
} from './labels.schema.js';
import { LabelsService } from './labels.service.js';

const written: readonly ErrorCode[] = ['VALIDATION_ERROR', 'PROJECT_ACCESS_DENIED', 'PROJECT_ARCHIVED'];

@Controller('api/labels')
export class LabelsController {
  constructor(private readonly labels: LabelsService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List labels',
    description:
      'The catalogue of the projects that you may see and of the whole installation, the newest first.',
    response: labelPageSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  list(
    @CurrentActor() actor: Actor,
    @Query({ schema: labelListQuery }) query: LabelListQuery,
    @RequestUrl() url: string,
  ) {
    return this.labels.list(actor, query, url);
  }

  @Post()
  @Endpoint({
    access: 'write',
    summary: 'Create a label',
    description:
      'Owners and developers keep the labels of a project, administrators those of the whole installation. A label is also made when its name is first attached to a task. One that was archived comes back.',
    status: 201,
    location: '/api/labels/{id}',
    response: labelSchema,
    errors: [...written, 'PROJECT_NOT_FOUND', 'RESOURCE_ALREADY_EXISTS', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  create(@CurrentActor() actor: Actor, @Body({ schema: createLabelSchema }) body: CreateLabel) {
    return this.labels.create(actor, body);
  }

  @Get(':label_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a label',
    description: 'Returns a label of the catalogue.',
    response: labelSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  get(@CurrentActor() actor: Actor, @Param('label_id', { schema: id }) labelId: string) {
    return this.labels.get(actor, labelId);
  }

  @Put(':label_id')
  @Endpoint({
    access: 'write',
    summary: 'Change a label',
    description:
      'A new name is written to every task that has the old one, which takes a while when they are many. `archived` takes it out of the catalogue or brings it back.',
    response: labelSchema,
    errors: [...written, 'RESOURCE_NOT_FOUND', 'RESOURCE_ALREADY_EXISTS', 'VERSION_CONFLICT'],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('label_id', { schema: id }) labelId: string,
    @Body({ schema: updateLabelSchema }) body: UpdateLabel,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.labels.update(actor, labelId, body, ifMatch);
  }

  @Delete(':label_id')
  @Endpoint({
    access: 'write',
    summary: 'Archive a label',
    description: 'It is offered no more, and stays on the tasks that have it.',
    response: labelSchema,
    errors: [...written, 'RESOURCE_NOT_FOUND'],
  })
  delete(@CurrentActor() actor: Actor, @Param('label_id', { schema: id }) labelId: string) {
    return this.labels.archive(actor, labelId);
  }
}
