import type { KeyObject } from 'node:crypto';
import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { Infrastructure } from '../infra/infrastructure.js';
import { PersonalTokensModule } from '../personal-tokens/personal-tokens.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessGuard } from './access.guard.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { FirstAdministrator } from './first-administrator.js';
import { JwtStrategy, SIGNING_KEY } from './jwt.strategy.js';
import { LoginThrottle } from './login-throttle.js';
import { RequestLimiter } from './request-limiter.js';
import { loadSigningKey } from './secret-key.js';
import { TokensService } from './tokens.service.js';

@Module({
  providers: [
    {
      provide: SIGNING_KEY,
      useFactory: (infrastructure: Infrastructure) => loadSigningKey(infrastructure.config),
      inject: [Infrastructure],
    },
  ],
  exports: [SIGNING_KEY],
})
class SigningKeyModule {}

@Module({
  imports: [
    UsersModule,
    PersonalTokensModule,
    PassportModule,
    SigningKeyModule,
    JwtModule.registerAsync({
      imports: [SigningKeyModule],
      useFactory: (key: KeyObject) => ({
        secretOrKeyProvider: () => key,
        signOptions: { algorithm: 'HS256' },
      }),
      inject: [SIGNING_KEY],
    }),
  ],
  controllers: [AuthController],
  providers: [
    { provide: APP_GUARD, useClass: AccessGuard },
    AuthService,
    FirstAdministrator,
    JwtStrategy,
    LoginThrottle,
    RequestLimiter,
    TokensService,
  ],
  exports: [AuthService, FirstAdministrator],
})
export class AuthModule {}
