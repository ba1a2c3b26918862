import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import { deletedSchema } from '../projects/projects.schema.js';
import { historyQuery, sessionHistorySchema, type HistoryQuery } from './session-history.schema.js';
import { SessionHistoryService } from './session-history.js';
import { restoredSessionSchema, restoreSchema, type Restore } from './session-restore.schema.js';
import { SessionRestoreService } from './session-restore.js';
import {
  createSessionSchema,
  sessionListQuery,
  sessionPageSchema,
  sessionSchema,
  updateSessionSchema,
  type CreateSession,
  type SessionListQuery,
  type UpdateSession,
} from './sessions.schema.js';
import { SessionsService } from './sessions.service.js';

@Controller('api/sessions')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly histories: SessionHistoryService,
    private readonly restores: SessionRestoreService,
  ) {}

  @Post()
  @Endpoint({
    access: 'read',
    summary: 'Open a work session',
    description:
      'Send its id as X-Session-ID with the requests of the session. It expires 2 hours after its last access.',
    status: 201,
    location: '/api/sessions/{session_id}',
    response: sessionSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  create(@CurrentActor() actor: Actor, @Body({ schema: createSessionSchema }) body: CreateSession) {
    return this.sessions.create(actor, body);
  }

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List your sessions',
    description: 'Lists your work sessions; administrators can select another user with `user_id`.',
    response: sessionPageSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  list(
    @CurrentActor() actor: Actor,
    @Query({ schema: sessionListQuery }) query: SessionListQuery,
    @RequestUrl() url: string,
  ) {
    return this.sessions.list(actor, query, url);
  }

  @Get(':session_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a session',
    description: 'Returns one of your own sessions; administrators see all.',
    response: sessionSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  get(@CurrentActor() actor: Actor, @Param('session_id', { schema: id }) sessionId: string) {
    return this.sessions.get(actor, sessionId);
  }

  @Put(':session_id')
  @Endpoint({
    access: 'read',
    summary: 'Change the settings of a session',
    description: 'The given fields are merged into the current ones.',
    response: sessionSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND', 'VERSION_CONFLICT', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('session_id', { schema: id }) sessionId: string,
    @Body({ schema: updateSessionSchema }) body: UpdateSession,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.sessions.update(actor, sessionId, body, ifMatch);
  }

  @Delete(':session_id')
  @Endpoint({
    access: 'read',
    summary: 'End a session',
    description: 'The deletion is soft: its history is kept, and the list shows it with `status=ended`.',
    response: deletedSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  delete(@CurrentActor() actor: Actor, @Param('session_id', { schema: id }) sessionId: string) {
    return this.sessions.remove(actor, sessionId);
  }

  @Get(':session_id/history')
  @Endpoint({
    access: 'read',
    summary: 'Show the history of a session',
    description:
      'Lists the actions of the owner of the session, newest first, without consequential actions of the system.',
    response: sessionHistorySchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  history(
    @CurrentActor() actor: Actor,
    @Param('session_id', { schema: id }) sessionId: string,
    @Query({ schema: historyQuery }) query: HistoryQuery,
    @RequestUrl() url: string,
  ) {
    return this.histories.page(actor, sessionId, query, url);
  }

  @Post(':session_id/restore')
  @Endpoint({
    access: 'read',
    summary: 'Restore an earlier state of a session',
    description:
      "Restores the settings of that time and, with `include_tasks`, the fields of the project's tasks that this session has changed since, even if other users changed them later. The time of creation restores the first state. Queued, running and deleted tasks are not restored, but listed.",
    response: restoredSessionSchema,
    errors: [
      'PROJECT_LIMIT_EXCEEDED',
      'VALIDATION_ERROR',
      'RESOURCE_NOT_FOUND',
      'RESOURCE_LIMIT_EXCEEDED',
      'PROJECT_NOT_FOUND',
      'PROJECT_ACCESS_DENIED',
      'PROJECT_ARCHIVED',
    ],
  })
  restore(
    @CurrentActor() actor: Actor,
    @Param('session_id', { schema: id }) sessionId: string,
    @Body({ schema: restoreSchema }) body: Restore,
  ) {
    return this.restores.restore(actor, sessionId, body);
  }
}
