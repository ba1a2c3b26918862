import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ExecutionsModule } from '../executions/executions.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { SessionHistoryService } from './session-history.js';
import { SessionRestoreService } from './session-restore.js';
import { SessionTouch } from './session-touch.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { TaskRestore } from './task-restore.js';

@Module({
  imports: [ProjectsModule, ExecutionsModule],
  controllers: [SessionsController],
  providers: [
    SessionHistoryService,
    SessionRestoreService,
    SessionTouch,
    { provide: APP_INTERCEPTOR, useExisting: SessionTouch },
    SessionsService,
    TaskRestore,
  ],
})
export class SessionsModule {}
