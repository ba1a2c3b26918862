import { Module } from '@nestjs/common';
import { ProjectsModule } from '../projects/projects.module.js';
import { ExecutionLifecycle } from './execution-lifecycle.js';
import { ExecutionsController } from './executions.controller.js';
import { ExecutionsService } from './executions.service.js';
import { OutputReader } from './output-reader.js';
import { StartEstimate } from './start-estimate.js';

@Module({
  imports: [ProjectsModule],
  controllers: [ExecutionsController],
  providers: [ExecutionLifecycle, ExecutionsService, OutputReader, StartEstimate],
  exports: [ExecutionLifecycle, ExecutionsService, OutputReader, StartEstimate],
})
export class ExecutionsModule {}
