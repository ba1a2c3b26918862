import { Controller, Get, Param, Query } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import { analyticsQuery, analyticsSchema, type Period } from './analytics.schema.js';
import { AnalyticsService } from './analytics.service.js';
import { projectIdParam } from './project-access.js';

@Controller('api/projects')
export class AnalyticsController {
  constructor(private readonly service: AnalyticsService) {}

  @Get(':project_id/analytics')
  @Endpoint({
    access: 'read',
    summary: 'Show the analytics of a project',
    description: 'All figures are computed from the current state of the tasks; see their descriptions.',
    response: analyticsSchema,
    errors: ['VALIDATION_ERROR', 'PROJECT_NOT_FOUND'],
  })
  analytics(
    @CurrentActor() actor: Actor,
    @Param('project_id', { schema: projectIdParam }) projectId: string,
    @Query({ schema: analyticsQuery }) { period }: { period: Period },
  ) {
    return this.service.of(actor, projectId, period);
  }
}
