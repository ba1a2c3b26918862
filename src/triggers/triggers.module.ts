import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { PayloadRetention } from './payload-retention.js';
import { TriggerImports } from './trigger-imports.js';
import { TriggerReceiver } from './trigger-receiver.js';
import { TriggersController } from './triggers.controller.js';
import { TriggersService } from './triggers.service.js';

@Module({
  imports: [AuthModule, ProjectsModule, TasksModule],
  controllers: [TriggersController],
  providers: [PayloadRetention, TriggerImports, TriggerReceiver, TriggersService],
  exports: [TriggerImports],
})
export class TriggersModule {}
