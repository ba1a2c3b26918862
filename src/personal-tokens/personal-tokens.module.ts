import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { PersonalTokensController } from './personal-tokens.controller.js';
import { PersonalTokensService } from './personal-tokens.service.js';

@Module({
  imports: [CredentialsModule],
  controllers: [PersonalTokensController],
  providers: [PersonalTokensService],
})
export class PersonalTokensModule {}
