import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import {
  suggestionsQuery,
  suggestionsSchema,
  validateCommandSchema,
  validatedCommandSchema,
  type SuggestionsQuery,
  type ValidateCommand,
} from './command-help.schema.js';
import { CommandHelpService } from './command-help.service.js';

@Controller('api/commands')
export class CommandHelpController {
  constructor(private readonly help: CommandHelpService) {}

  @Get('suggestions')
  @Endpoint({
    access: 'read',
    summary: 'Suggest commands',
    description:
      'Suggests known commands of the context that begin with the prefix, and your own successful ones; at most 20.',
    response: suggestionsSchema,
    errors: ['VALIDATION_ERROR'],
  })
  suggestions(@CurrentActor() actor: Actor, @Query({ schema: suggestionsQuery }) query: SuggestionsQuery) {
    return this.help.suggest(actor, query);
  }

  @Post('validate')
  @Endpoint({
    access: 'read',
    // the check runs in a worker thread, which has a queue of its own
    waits: true,
    summary: 'Check a command without running it',
    description:
      'Reads the syntax tree of the command: through quotes, variables, substitutions, functions, pipes and programs that run ' +
      'others, such as sudo, env, xargs, find and bash -c. System paths, devices and the machine itself are unsafe targets. ' +
      'Takes 16 KiB, and a few commands of one user at a time. It is a heuristic that catches mistakes, not a sandbox: scripts in files and other languages are not read.',
    response: validatedCommandSchema,
    errors: ['VALIDATION_ERROR'],
  })
  validate(@CurrentActor() actor: Actor, @Body({ schema: validateCommandSchema }) body: ValidateCommand) {
    return this.help.validate(actor, body);
  }
}
