import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { ActivityController } from './activity.controller.js';
import { ActivityService } from './activity.service.js';
import { ActivityTail } from './activity-tail.js';
import { FeedController } from './feed.controller.js';
import { FeedService } from './feed.service.js';

@Module({
  imports: [AuthModule, ProjectsModule],
  controllers: [ActivityController, FeedController],
  providers: [ActivityService, ActivityTail, FeedService],
})
export class EventsModule {}
