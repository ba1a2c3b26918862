import { Module } from '@nestjs/common';
import { MembersService } from './members.service.js';
import { ProjectAccess } from './project-access.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsService } from './projects.service.js';

@Module({
  controllers: [ProjectsController],
  providers: [MembersService, ProjectAccess, ProjectsService],
  exports: [ProjectAccess, ProjectsService],
})
export class ProjectsModule {}
