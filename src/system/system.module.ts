import { Module } from '@nestjs/common';
import { ClaimsModule } from '../claims/claims.module.js';
import { ExecutorModule } from '../executor/executor.module.js';
import { DoctorController } from './doctor/doctor.controller.js';
import { DoctorService } from './doctor/doctor.service.js';
import { HostChecks } from './doctor/host-checks.js';
import { RunChecks } from './doctor/run-checks.js';
import { SystemController } from './system.controller.js';
import { SystemService } from './system.service.js';

@Module({
  imports: [ClaimsModule, ExecutorModule],
  controllers: [SystemController, DoctorController],
  providers: [SystemService, DoctorService, HostChecks, RunChecks],
})
export class SystemModule {}
