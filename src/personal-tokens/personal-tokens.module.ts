import { Module } from '@nestjs/common';
import { PersonalTokensController } from './personal-tokens.controller.js';
import { PersonalTokensService } from './personal-tokens.service.js';
import { TokenCheck } from './token-check.js';

@Module({
  controllers: [PersonalTokensController],
  providers: [PersonalTokensService, TokenCheck],
  exports: [TokenCheck],
})
export class PersonalTokensModule {}
