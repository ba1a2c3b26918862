import { Body, Controller, Delete, Get, Headers, Param, Post, Query } from '@nestjs/common';
import { bearerToken } from '../http/bearer-token.js';
import { Endpoint } from '../http/endpoint.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor, RequestUrl } from '../http/request.js';
import { messageSchema } from '../users/users.schema.js';
import {
  authSessionListQuery,
  authSessionPageSchema,
  endOthersQuery,
  endOthersResultSchema,
  logoutSchema,
  type AuthSessionListQuery,
  type EndOthersQuery,
  type Logout,
} from './auth-sessions.schema.js';
import { AuthSessionsService } from './auth-sessions.service.js';
import { AuthService } from './auth.service.js';

@Controller('api/auth')
export class AuthSessionsController {
  constructor(
    private readonly auth: AuthService,
    private readonly sessions: AuthSessionsService,
  ) {}

  @Post('logout')
  @Endpoint({
    access: 'public',
    summary: 'Sign out',
    description:
      'Ends the session of the bearer token, and of `refresh_token` if that is sent: all their tokens are refused from now on, and sockets and streams that came with them are closed.',
    response: messageSchema,
    errors: ['AUTH_TOKEN_MISSING', 'AUTH_TOKEN_INVALID'],
  })
  async logout(
    @Body({ schema: logoutSchema }) body: Logout,
    @Headers('authorization') authorization?: string,
  ) {
    await this.auth.logout(body.refresh_token, bearerToken(authorization));
    return { message: 'Signed out' };
  }

  @Get('sessions')
  @Endpoint({
    access: 'read',
    summary: 'List your sign-ins',
    description: 'Lists the open sign-ins, latest first.',
    response: authSessionPageSchema,
    errors: ['VALIDATION_ERROR'],
  })
  listSessions(
    @CurrentActor() actor: Actor,
    @Query({ schema: authSessionListQuery }) query: AuthSessionListQuery,
    @RequestUrl() url: string,
  ) {
    return this.sessions.list(actor, query, url);
  }

  @Delete('sessions')
  @Endpoint({
    access: 'read',
    summary: 'End your other sign-ins',
    description:
      'Ends all sign-ins but that of this request; with `user_id`, an administrator ends all of that user.',
    response: endOthersResultSchema,
    errors: ['VALIDATION_ERROR'],
  })
  endOtherSessions(
    @CurrentActor() actor: Actor,
    @Query({ schema: endOthersQuery }) { user_id }: EndOthersQuery,
  ) {
    return this.sessions.endOthers(actor, user_id);
  }

  @Delete('sessions/:session_id')
  @Endpoint({
    access: 'read',
    summary: 'End a sign-in',
    description:
      'Ends one of your own sign-ins; administrators can end any. Its tokens are refused from then on, and its sockets and streams are closed.',
    response: messageSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  endSession(@CurrentActor() actor: Actor, @Param('session_id', { schema: id }) sessionId: string) {
    return this.sessions.end(actor, sessionId);
  }
}
