import { Module } from '@nestjs/common';
import { ExecutionsModule } from '../executions/executions.module.js';
import { QueuesController } from './queues.controller.js';
import { QueueMetricsService } from './queue-metrics.service.js';
import { QueuesService } from './queues.service.js';

@Module({
  imports: [ExecutionsModule],
  controllers: [QueuesController],
  providers: [QueueMetricsService, QueuesService],
})
export class QueuesModule {}
