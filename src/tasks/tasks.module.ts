import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { CommandSafetyModule } from '../command-safety/command-safety.module.js';
import { ExecutionsModule } from '../executions/executions.module.js';
import { OutputModule } from '../output/output.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { AwaitedExecutionService } from './awaited-execution.service.js';
import { ProjectCloneController } from './project-clone.controller.js';
import { ProjectCloneService } from './project-clone.service.js';
import { ProjectErasure } from './project-erasure.service.js';
import { TaskArchiveController } from './task-archive.controller.js';
import { TaskArchiveService } from './task-archive.service.js';
import { TaskBatchService } from './task-batch.service.js';
import { TaskBulkController } from './task-bulk.controller.js';
import { TaskBulkService } from './task-bulk.service.js';
import { TaskCreationService } from './task-creation.service.js';
import { TaskDependenciesController } from './task-dependencies.controller.js';
import { TaskDependenciesService } from './task-dependencies.service.js';
import { TaskExecutionController } from './task-execution.controller.js';
import { TaskExecutionService } from './task-execution.service.js';
import { TaskLabelsController } from './task-labels.controller.js';
import { TaskLabelsService } from './task-labels.service.js';
import { TaskListService } from './task-list.service.js';
import { TaskMoveService } from './task-move.service.js';
import { TaskNumbers } from './task-numbers.js';
import { TaskUpdateService } from './task-update.service.js';
import { TasksController } from './tasks.controller.js';
import { TasksService } from './tasks.service.js';

@Module({
  imports: [AuthModule, CommandSafetyModule, ProjectsModule, ExecutionsModule, OutputModule],
  controllers: [
    ProjectCloneController,
    TasksController,
    TaskArchiveController,
    TaskDependenciesController,
    TaskLabelsController,
    TaskBulkController,
    TaskExecutionController,
  ],
  providers: [
    AwaitedExecutionService,
    ProjectCloneService,
    ProjectErasure,
    TaskArchiveService,
    TaskBatchService,
    TaskBulkService,
    TaskCreationService,
    TaskExecutionService,
    TaskDependenciesService,
    TaskLabelsService,
    TaskListService,
    TaskMoveService,
    TaskNumbers,
    TasksService,
    TaskUpdateService,
  ],
  exports: [
    TaskArchiveService,
    TaskBatchService,
    TaskCreationService,
    TaskExecutionService,
    TaskListService,
    TaskNumbers,
    TasksService,
    TaskUpdateService,
  ],
})
export class TasksModule {}
