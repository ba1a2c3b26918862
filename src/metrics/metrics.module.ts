import { Module } from '@nestjs/common';
import { HealthModule } from '../health/health.module.js';
import { MetricsPort } from './metrics-port.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';

@Module({
  imports: [HealthModule],
  controllers: [MetricsController],
  providers: [MetricsPort, MetricsService],
})
export class MetricsModule {}
