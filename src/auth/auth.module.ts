import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { Infrastructure } from '../infra/infrastructure.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { UsersModule } from '../users/users.module.js';
import { AccessGuard } from './access.guard.js';
import { AccessTokens, SIGNING_KEY } from './access-tokens.js';
import { Actors } from './actors.js';
import { AuthSessionsController } from './auth-sessions.controller.js';
import { AuthSessionsService } from './auth-sessions.service.js';
import { AuthController } from './auth.controller.js';
import { AuthService } from './auth.service.js';
import { BearerGuard } from './bearer.guard.js';
import { FirstAdministrator } from './first-administrator.js';
import { JwtStrategy } from './jwt.strategy.js';
import { KnownNetworks } from './known-networks.js';
import { SlowResponseInterceptor } from './slow-response.interceptor.js';
import { LoginThrottle } from './login-throttle.js';
import { CredentialStrategy } from './credential.strategy.js';
import { RequestIdentity } from './request-identity.js';
import { RequestRateLimit } from './request-rate-limit.js';
import { RequestNetworks } from './request-networks.js';
import { UrlTokens } from './url-tokens.js';
import { loadSigningKey } from './keys.js';

@Module({
  imports: [PassportModule, UsersModule, CredentialsModule],
  controllers: [AuthController, AuthSessionsController],
  providers: [
    { provide: APP_GUARD, useExisting: AccessGuard },
    {
      provide: SIGNING_KEY,
      useFactory: ({ config }: Infrastructure) => loadSigningKey(config),
      inject: [Infrastructure],
    },
    AccessGuard,
    AccessTokens,
    Actors,
    AuthService,
    AuthSessionsService,
    BearerGuard,
    FirstAdministrator,
    JwtStrategy,
    KnownNetworks,
    SlowResponseInterceptor,
    LoginThrottle,
    CredentialStrategy,
    RequestIdentity,
    RequestRateLimit,
    RequestNetworks,
    UrlTokens,
  ],
  exports: [
    UrlTokens,
    Actors,
    AuthService,
    BearerGuard,
    FirstAdministrator,
    RequestRateLimit,
    RequestNetworks,
  ],
})
export class AuthModule {}
