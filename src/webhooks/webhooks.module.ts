import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliveriesService } from './deliveries.service.js';
import { Dispatcher } from './dispatcher.js';
import { WebhookAccess } from './webhook-access.js';
import { WebhookSwitch } from './webhook-switch.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';

@Module({
  imports: [AuthModule, ProjectsModule],
  controllers: [WebhooksController, DeliveriesController],
  providers: [DeliveriesService, Dispatcher, WebhookAccess, WebhooksService, WebhookSwitch],
})
export class WebhooksModule {}
