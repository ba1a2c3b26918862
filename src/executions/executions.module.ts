import { Module } from '@nestjs/common';
import { ProjectsModule } from '../projects/projects.module.js';
import { ExecutionLifecycle } from './execution-lifecycle.js';
import { ExecutionsController } from './executions.controller.js';
import { ExecutionsService } from './executions.service.js';
import { OutputHttp } from './output-http.js';
import { OutputReader } from './output-reader.js';
import { QueueControl } from './queue-control.js';
import { CommandSafety } from './safety/command-safety.js';
import { StartEstimate } from './start-estimate.js';

@Module({
  imports: [ProjectsModule],
  controllers: [ExecutionsController],
  providers: [
    CommandSafety,
    ExecutionLifecycle,
    ExecutionsService,
    OutputHttp,
    OutputReader,
    QueueControl,
    StartEstimate,
  ],
  exports: [
    CommandSafety,
    ExecutionLifecycle,
    ExecutionsService,
    OutputHttp,
    OutputReader,
    QueueControl,
    StartEstimate,
  ],
})
export class ExecutionsModule {}
