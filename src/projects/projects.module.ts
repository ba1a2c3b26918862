import { Module } from '@nestjs/common';
import { loadKeyring } from '../auth/keys.js';
import { Keyring } from '../common/keyring.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { AuthModule } from '../auth/auth.module.js';
import { AnalyticsController } from './analytics.controller.js';
import { AnalyticsService } from './analytics.service.js';
import { DownloadWatch } from './download-watch.js';
import { MembersService } from './members.service.js';
import { ProjectAccess } from './project-access.js';
import { ProjectWrites } from './project-writes.service.js';
import { ProjectKeysController } from './project-keys.controller.js';
import { ProjectKeysService } from './project-keys.service.js';
import { ProjectRemoval } from './project-removal.service.js';
import { ProjectsController } from './projects.controller.js';
import { ProjectsService } from './projects.service.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { SecretsController } from './secrets.controller.js';
import { SecretSealing } from './secret-sealing.js';
import { SecretsService } from './secrets.service.js';

@Module({
  imports: [AuthModule, CredentialsModule],
  controllers: [AnalyticsController, ProjectKeysController, ProjectsController, SecretsController],
  providers: [
    AnalyticsService,
    DownloadWatch,
    MembersService,
    ProjectAccess,
    ProjectKeysService,
    ProjectRemoval,
    ProjectWrites,
    ProjectsService,
    SecretSealing,
    SecretsService,
    {
      provide: Keyring,
      useFactory: (infrastructure: Infrastructure) => loadKeyring(infrastructure.config),
      inject: [Infrastructure],
    },
  ],
  exports: [DownloadWatch, Keyring, ProjectAccess, ProjectsService, ProjectWrites, SecretsService],
})
export class ProjectsModule {}
