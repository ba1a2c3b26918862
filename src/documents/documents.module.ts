import { Module } from '@nestjs/common';
import { ProjectsModule } from '../projects/projects.module.js';
import { DocumentsController } from './documents.controller.js';
import { DocumentsService } from './documents.service.js';
import { PlansController } from './plans.controller.js';
import { ProjectDocumentsController } from './project-documents.controller.js';

@Module({
  imports: [ProjectsModule],
  controllers: [DocumentsController, PlansController, ProjectDocumentsController],
  providers: [DocumentsService],
  exports: [DocumentsService],
})
export class DocumentsModule {}
