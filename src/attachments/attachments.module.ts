import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { AttachmentContent } from './attachment-content.js';
import { AttachmentListsController } from './attachment-lists.controller.js';
import { AttachmentsController } from './attachments.controller.js';
import { AttachmentsService } from './attachments.service.js';
import { DownloadWatch } from './download-watch.js';

@Module({
  imports: [AuthModule, ProjectsModule],
  controllers: [AttachmentsController, AttachmentListsController],
  providers: [AttachmentContent, AttachmentsService, DownloadWatch],
})
export class AttachmentsModule {}
