import { Module } from '@nestjs/common';
import { DocumentsModule } from '../documents/documents.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { SchedulesModule } from '../schedules/schedules.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { TriggersModule } from '../triggers/triggers.module.js';
import { ImportWriter } from './import-writer.js';
import { ImportsController } from './imports.controller.js';
import { ImportsService } from './imports.service.js';
import { PartWriter } from './part-writer.js';
import { ReconcileService } from './reconcile.service.js';

@Module({
  imports: [DocumentsModule, ProjectsModule, SchedulesModule, TasksModule, TriggersModule],
  controllers: [ImportsController],
  providers: [ImportsService, ImportWriter, PartWriter, ReconcileService],
})
export class ImportsModule {}
