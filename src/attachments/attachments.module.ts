import { Module } from '@nestjs/common';
import { ProjectsModule } from '../projects/projects.module.js';
import { AttachmentContent } from './attachment-content.js';
import { AttachmentListsController } from './attachment-lists.controller.js';
import { AttachmentsController } from './attachments.controller.js';
import { AttachmentsService } from './attachments.service.js';

@Module({
  imports: [ProjectsModule],
  controllers: [AttachmentsController, AttachmentListsController],
  providers: [AttachmentContent, AttachmentsService],
})
export class AttachmentsModule {}
