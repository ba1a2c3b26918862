import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ExecutionsModule } from '../executions/executions.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { ManualRuns } from './manual-runs.js';
import { OccurrenceRetention } from './occurrence-retention.js';
import { ScheduleActivity } from './schedule-activity.js';
import { ScheduleBatch } from './schedule-batch.js';
import { ScheduleCatchUp } from './schedule-catch-up.js';
import { ScheduleClock } from './schedule-clock.js';
import { ScheduleFailures } from './schedule-failures.js';
import { ScheduleFiring } from './schedule-firing.js';
import { ScheduleImports } from './schedule-imports.js';
import { ScheduleInputs } from './schedule-inputs.js';
import { ScheduleRateLimit } from './schedule-rate-limit.js';
import { ScheduleRuns } from './schedule-runs.js';
import { ScheduleTargets } from './schedule-targets.js';
import { ScheduleZones } from './schedule-zones.js';
import { SchedulerPresence } from './scheduler-presence.js';
import { Scheduler } from './scheduler.js';
import { SchedulesController } from './schedules.controller.js';
import { SchedulesService } from './schedules.service.js';
import { WaitingOccurrences } from './waiting-occurrences.js';

@Module({
  imports: [AuthModule, ExecutionsModule, ProjectsModule, TasksModule],
  controllers: [SchedulesController],
  providers: [
    ManualRuns,
    OccurrenceRetention,
    ScheduleActivity,
    ScheduleBatch,
    ScheduleCatchUp,
    ScheduleClock,
    ScheduleFailures,
    ScheduleFiring,
    ScheduleImports,
    ScheduleInputs,
    ScheduleRateLimit,
    ScheduleRuns,
    Scheduler,
    SchedulerPresence,
    ScheduleTargets,
    SchedulesService,
    ScheduleZones,
    WaitingOccurrences,
  ],
  exports: [ScheduleImports],
})
export class SchedulesModule {}
