import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { BacklogsController } from './backlogs.controller.js';
import { BacklogsService } from './backlogs.service.js';

@Module({
  imports: [AgentsModule, ProjectsModule, TasksModule],
  controllers: [BacklogsController],
  providers: [BacklogsService],
})
export class BacklogsModule {}
