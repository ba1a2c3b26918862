import { Controller, Get, Query } from '@nestjs/common';
import type { Actor } from '../common/permissions.js';
import { Endpoint } from '../http/endpoint.js';
import { CurrentActor } from '../http/request.js';
import { activityPageSchema, activityQuery, type ActivityQuery } from './activity.schema.js';
import { ActivityService } from './activity.service.js';

@Controller('api/activity')
export class ActivityController {
  constructor(private readonly activity: ActivityService) {}

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List who did what',
    description:
      'The latest first: every change in the projects that you may see. Administrators see everything, which is the audit log: sign-ins, tokens, users and settings, too.',
    response: activityPageSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  list(@CurrentActor() actor: Actor, @Query({ schema: activityQuery }) query: ActivityQuery) {
    return this.activity.page(actor, query);
  }
}
