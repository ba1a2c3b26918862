import { Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ExecutionsModule } from '../executions/executions.module.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { Reconciler } from './reconciler.js';
import { WorkerLifecycle } from './worker-lifecycle.js';
import { WorkerService } from './worker.service.js';

/** Runs executions where the role has a worker, and reconciles in every process. */
@Module({
  imports: [ExecutionsModule, ProjectsModule],
  providers: [Reconciler, WorkerLifecycle, WorkerService],
  exports: [WorkerLifecycle],
})
export class ExecutorModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly infrastructure: Infrastructure,
    private readonly worker: WorkerService,
    private readonly reconciler: Reconciler,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.infrastructure.role !== 'api') await this.worker.start();
    this.reconciler.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.worker.stop();
    await this.reconciler.stop();
  }
}
