import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { AgentKeysService } from './agent-keys.service.js';
import { AgentsController } from './agents.controller.js';
import { AgentsService } from './agents.service.js';

@Module({
  imports: [CredentialsModule, ProjectsModule],
  controllers: [AgentsController],
  providers: [AgentKeysService, AgentsService],
  exports: [AgentsService],
})
export class AgentsModule {}
