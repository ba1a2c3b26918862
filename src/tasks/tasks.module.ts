import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { CommandSafetyModule } from '../command-safety/command-safety.module.js';
import { ExecutionsModule } from '../executions/executions.module.js';
import { OutputModule } from '../output/output.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { ProjectCloneController } from './project-clone.controller.js';
import { ProjectCloneService } from './project-clone.service.js';
import { TaskBulkController } from './task-bulk.controller.js';
import { TaskBulkService } from './task-bulk.service.js';
import { TaskCreationService } from './task-creation.service.js';
import { TaskExecutionController } from './task-execution.controller.js';
import { TaskExecutionService } from './task-execution.service.js';
import { TaskListService } from './task-list.service.js';
import { TaskNumbers } from './task-numbers.js';
import { TaskUpdateService } from './task-update.service.js';
import { TasksController } from './tasks.controller.js';
import { TasksService } from './tasks.service.js';

@Module({
  imports: [AuthModule, CommandSafetyModule, ProjectsModule, ExecutionsModule, OutputModule],
  controllers: [ProjectCloneController, TasksController, TaskBulkController, TaskExecutionController],
  providers: [
    ProjectCloneService,
    TaskBulkService,
    TaskCreationService,
    TaskExecutionService,
    TaskListService,
    TaskNumbers,
    TasksService,
    TaskUpdateService,
  ],
  exports: [TaskExecutionService, TaskListService, TasksService],
})
export class TasksModule {}
