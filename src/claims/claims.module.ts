import { Module } from '@nestjs/common';
import { AgentsModule } from '../agents/agents.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { ClaimWaits } from './claim-waits.js';
import { ClaimsController } from './claims.controller.js';
import { ClaimsService } from './claims.service.js';
import { LapsedClaims } from './lapsed-claims.js';
import { TaskClaimController } from './task-claim.controller.js';

@Module({
  imports: [AgentsModule, AuthModule, ProjectsModule, TasksModule],
  controllers: [ClaimsController, TaskClaimController],
  providers: [ClaimsService, ClaimWaits, LapsedClaims],
  exports: [ClaimsService, ClaimWaits, LapsedClaims],
})
export class ClaimsModule {}
