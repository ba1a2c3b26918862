import { Module } from '@nestjs/common';
import { AttachmentContent } from './attachment-content.js';
import { AttachmentListsController } from './attachment-lists.controller.js';
import { AttachmentsController } from './attachments.controller.js';
import { AttachmentsService } from './attachments.service.js';

@Module({
  controllers: [AttachmentsController, AttachmentListsController],
  providers: [AttachmentContent, AttachmentsService],
})
export class AttachmentsModule {}
