import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { ArtifactRetention } from './artifacts/artifact-retention.js';
import { ArtifactsService } from './artifacts/artifacts.service.js';
import { ExecutionBatches } from './transitions/execution-batches.js';
import { ExecutionLifecycle } from './transitions/execution-lifecycle.js';
import { ExecutionPublisher } from './transitions/execution-publisher.js';
import { ExecutionWaiter } from './execution-waiter.js';
import { ExecutionsController } from './executions.controller.js';
import { ExecutionsService } from './executions.service.js';
import { InputSecrets } from './inputs/input-secrets.js';
import { RunInputs } from './inputs/run-inputs.js';
import { QueueControl } from './admission/queue-control.js';
import { QueueLimit } from './admission/queue-limit.js';
import { RevokedRuns } from './revoked-runs.js';
import { RunConflicts } from './admission/run-conflicts.js';
import { StartEstimate } from './admission/start-estimate.js';

/** Providers that other modules use too. */
const services = [
  ExecutionBatches,
  ExecutionLifecycle,
  ExecutionPublisher,
  ExecutionsService,
  ExecutionWaiter,
  InputSecrets,
  QueueControl,
  QueueLimit,
  RunInputs,
  RunConflicts,
  StartEstimate,
];

@Module({
  imports: [AuthModule, ProjectsModule],
  controllers: [ExecutionsController],
  providers: [...services, ArtifactRetention, ArtifactsService, RevokedRuns],
  exports: services,
})
export class ExecutionsModule {}
