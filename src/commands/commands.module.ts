import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { CommandSafetyModule } from '../command-safety/command-safety.module.js';
import { ExecutionsModule } from '../executions/executions.module.js';
import { OutputModule } from '../output/output.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { CommandHelpController } from './command-help.controller.js';
import { CommandHelpService } from './command-help.service.js';
import { CommandListsService } from './command-lists.service.js';
import { CommandsController } from './commands.controller.js';
import { CommandsService } from './commands.service.js';

@Module({
  imports: [AuthModule, CommandSafetyModule, ProjectsModule, ExecutionsModule, OutputModule],
  controllers: [CommandHelpController, CommandsController],
  providers: [CommandHelpService, CommandListsService, CommandsService],
})
export class CommandsModule {}
