import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { Infrastructure } from '../infra/infrastructure.js';
import { PersonalTokensModule } from '../personal-tokens/personal-tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessGuard } from './access.guard.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { FirstAdministrator } from './first-administrator.js';
import { LoginThrottle } from './login-throttle.js';
import { RequestIdentity } from './request-identity.js';
import { RequestLimiter } from './request-limiter.js';
import { loadSigningKey } from './secret-key.js';
import { SIGNING_KEY, TokensService } from './tokens.service.js';

@Module({
  imports: [UsersModule, PersonalTokensModule],
  controllers: [AuthController],
  providers: [
    { provide: APP_GUARD, useExisting: AccessGuard },
    {
      provide: SIGNING_KEY,
      useFactory: ({ config }: Infrastructure) => loadSigningKey(config),
      inject: [Infrastructure],
    },
    AccessGuard,
    AuthService,
    FirstAdministrator,
    LoginThrottle,
    RequestIdentity,
    RequestLimiter,
    TokensService,
  ],
  exports: [AuthService, FirstAdministrator, RequestLimiter],
})
export class AuthModule {}
