import { Module } from '@nestjs/common';
import { ProjectsModule } from '../projects/projects.module.js';
import { ExecutionLifecycle } from './execution-lifecycle.js';
import { ExecutionsController } from './executions.controller.js';
import { ExecutionsService } from './executions.service.js';
import { OutputReader } from './output-reader.js';
import { QueueControl } from './queue-control.js';
import { StartEstimate } from './start-estimate.js';

@Module({
  imports: [ProjectsModule],
  controllers: [ExecutionsController],
  providers: [ExecutionLifecycle, ExecutionsService, OutputReader, QueueControl, StartEstimate],
  exports: [ExecutionLifecycle, ExecutionsService, OutputReader, QueueControl, StartEstimate],
})
export class ExecutionsModule {}
