import { Module } from '@nestjs/common';
import { AnalyticsController } from './analytics.controller.js';
import { AnalyticsService } from './analytics.service.js';
import { MembersService } from './members.service.js';
import { ProjectAccess } from './project-access.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsService } from './projects.service.js';

@Module({
  controllers: [AnalyticsController, ProjectsController],
  providers: [AnalyticsService, MembersService, ProjectAccess, ProjectsService],
  exports: [ProjectAccess, ProjectsService],
})
export class ProjectsModule {}
