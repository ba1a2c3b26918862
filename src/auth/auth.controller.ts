import { Body, Controller, Headers, Post, Put, Req } from '@nestjs/common';
import { bearerToken } from '../http/bearer-token.js';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor } from '../http/request.js';
import { changePasswordSchema, messageSchema, type ChangePassword } from '../users/users.schema.js';
import {
  loginResultSchema,
  loginSchema,
  refreshResultSchema,
  refreshSchema,
  type Login,
  type Refresh,
} from './auth.schema.js';
import { AuthService } from './auth.service.js';
import { RequestNetworks, type OriginSource } from './request-networks.js';

@Controller('api')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly networks: RequestNetworks,
  ) {}

  @Post('auth/login')
  @Endpoint({
    access: 'public',
    summary: 'Sign in',
    description:
      'Gives an access token for the `Authorization` header and a refresh token. After 10 failures for a name from one address it is answered 429 there for a while; so many that they come from everywhere, or at many names, slow down whoever has not signed in from the same address lately.',
    response: loginResultSchema,
    errors: ['VALIDATION_ERROR', 'AUTH_INVALID_CREDENTIALS', 'AUTH_ACCOUNT_DISABLED'],
  })
  async login(
    @Body({ schema: loginSchema }) body: Login,
    @Req() request: OriginSource,
    @Headers('user-agent') userAgent?: string,
  ) {
    return this.auth.login(body, { ...(await this.networks.originOf(request)), userAgent });
  }

  @Post('auth/refresh')
  @Endpoint({
    access: 'public',
    summary: 'Renew the access token',
    description:
      'With `refresh_token` the token rotates, and a second use of it ends the session with all its tokens. Without it the bearer token is renewed and stays valid until it expires; that goes on until the sign-in is as old as a refresh token gets.',
    response: refreshResultSchema,
    errors: ['AUTH_TOKEN_MISSING', 'AUTH_TOKEN_INVALID', 'AUTH_ACCOUNT_DISABLED'],
  })
  refresh(@Body({ schema: refreshSchema }) body: Refresh, @Headers('authorization') authorization?: string) {
    const bearer = bearerToken(authorization);
    return this.auth.refresh(body.refresh_token, bearer);
  }

  @Put('users/password')
  @Endpoint({
    access: 'read',
    summary: 'Change your own password',
    description: 'Revokes all earlier tokens.',
    response: messageSchema,
    errors: ['VALIDATION_ERROR', 'AUTH_INVALID_CREDENTIALS'],
  })
  async changePassword(
    @CurrentActor() actor: Actor,
    @Body({ schema: changePasswordSchema }) body: ChangePassword,
    @Req() request: OriginSource,
  ) {
    await this.auth.changePassword(actor, body, await this.networks.originOf(request));
    return { message: 'Password changed; please sign in again' };
  }
}
