import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { Infrastructure } from '../infra/infrastructure.js';
import { PersonalTokensModule } from '../personal-tokens/personal-tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessGuard } from './access.guard.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { FirstAdministrator } from './first-administrator.js';
import { LoginThrottle } from './login-throttle.js';
import { RequestLimiter } from './request-limiter.js';
import { loadSigningKey } from './secret-key.js';
import { TokensService } from './tokens.service.js';

@Module({
  imports: [
    UsersModule,
    PersonalTokensModule,
    JwtModule.registerAsync({
      useFactory: async ({ config }: Infrastructure) => {
        const key = await loadSigningKey(config);
        return { secretOrKeyProvider: () => key, signOptions: { algorithm: 'HS256' } };
      },
      inject: [Infrastructure],
    }),
  ],
  controllers: [AuthController],
  providers: [
    { provide: APP_GUARD, useClass: AccessGuard },
    AuthService,
    FirstAdministrator,
    LoginThrottle,
    RequestLimiter,
    TokensService,
  ],
  exports: [AuthService, FirstAdministrator],
})
export class AuthModule {}
