import { Module } from '@nestjs/common';
import { loadSecretsKey } from '../auth/secret-key.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { AnalyticsController } from './analytics.controller.js';
import { AnalyticsService } from './analytics.service.js';
import { MembersService } from './members.service.js';
import { ProjectAccess } from './project-access.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsService } from './projects.service.js';
import { SecretsController } from './secrets.controller.js';
import { SECRETS_KEY, SecretsService } from './secrets.service.js';

@Module({
  controllers: [AnalyticsController, ProjectsController, SecretsController],
  providers: [
    AnalyticsService,
    MembersService,
    ProjectAccess,
    ProjectsService,
    SecretsService,
    {
      provide: SECRETS_KEY,
      useFactory: (infrastructure: Infrastructure) => loadSecretsKey(infrastructure.config),
      inject: [Infrastructure],
    },
  ],
  exports: [ProjectAccess, ProjectsService, SecretsService],
})
export class ProjectsModule {}
