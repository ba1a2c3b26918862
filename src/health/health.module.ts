import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { HealthService } from './health.service.js';
import { ReadinessService } from './readiness.js';

@Module({
  controllers: [HealthController],
  providers: [HealthService, ReadinessService],
  exports: [HealthService, ReadinessService],
})
export class HealthModule {}
