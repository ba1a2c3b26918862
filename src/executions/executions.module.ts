import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { ExecutionLifecycle } from './execution-lifecycle.js';
import { ExecutionRecords } from './execution-records.js';
import { ExecutionsController } from './executions.controller.js';
import { ExecutionsService } from './executions.service.js';
import { LiveOutputs } from '../output/live-outputs.js';
import { OutputHttp } from '../output/output-http.js';
import { OutputReader } from '../output/output-reader.js';
import { OutputRetention } from '../output/output-retention.js';
import { OutputSearchService } from '../output/output-search.js';
import { OutputStore } from '../output/output-store.js';
import { OutputWatch } from '../output/output-watch.js';
import { QueueControl } from './queue-control.js';
import { QueueLimit } from './queue-limit.js';
import { RevokedRuns } from './revoked-runs.js';
import { CommandSafety } from '../command-safety/command-safety.js';
import { StartEstimate } from './start-estimate.js';

/** All of them serve other rooms too. */
const services = [
  CommandSafety,
  ExecutionLifecycle,
  ExecutionRecords,
  ExecutionsService,
  OutputHttp,
  OutputReader,
  OutputRetention,
  OutputSearchService,
  QueueControl,
  QueueLimit,
  StartEstimate,
];

@Module({
  imports: [AuthModule, ProjectsModule],
  controllers: [ExecutionsController],
  providers: [...services, LiveOutputs, OutputStore, OutputWatch, RevokedRuns],
  exports: services,
})
export class ExecutionsModule {}
