import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor, RequestUrl } from '../http/request.js';
import { messageSchema } from '../users/users.schema.js';
import {
  createPersonalTokenSchema,
  personalTokenListQuery,
  personalTokenPageSchema,
  personalTokenSchema,
  personalTokenWithSecretSchema,
  type CreatePersonalToken,
  type PersonalTokenListQuery,
} from './personal-tokens.schema.js';
import { PersonalTokensService } from './personal-tokens.service.js';

@Controller('api/personal-access-tokens')
export class PersonalTokensController {
  constructor(private readonly tokens: PersonalTokensService) {}

  @Post()
  @Endpoint({
    access: 'read',
    summary: 'Create a personal access token',
    description:
      'For scripts: it goes wherever a JWT goes and opens what its scopes say, never more than your role. The answer shows it, once. At most 50 a user. A token can make another only with the scope `tokens.manage`, and none stronger or longer-lived than itself.',
    status: 201,
    location: '/api/personal-access-tokens/{id}',
    response: personalTokenWithSecretSchema,
    showsSecret: true,
    errors: ['VALIDATION_ERROR', 'RESOURCE_LIMIT_EXCEEDED'],
  })
  create(
    @CurrentActor() actor: Actor,
    @Body({ schema: createPersonalTokenSchema }) body: CreatePersonalToken,
  ) {
    return this.tokens.create(actor, body);
  }

  @Get()
  @Endpoint({
    access: 'read',
    summary: 'List your personal access tokens',
    description: 'Lists tokens, latest first, without their secret part.',
    response: personalTokenPageSchema,
    errors: ['VALIDATION_ERROR'],
  })
  list(
    @CurrentActor() actor: Actor,
    @Query({ schema: personalTokenListQuery }) query: PersonalTokenListQuery,
    @RequestUrl() url: string,
  ) {
    return this.tokens.list(actor, query, url);
  }

  @Get(':token_id')
  @Endpoint({
    access: 'read',
    summary: 'Show a personal access token',
    description: 'Returns one of your own tokens without its secret part.',
    response: personalTokenSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  get(@CurrentActor() actor: Actor, @Param('token_id', { schema: id }) tokenId: string) {
    return this.tokens.get(actor, tokenId);
  }

  @Delete(':token_id')
  @Endpoint({
    access: 'read',
    summary: 'Revoke a personal access token',
    description: 'The token is refused from then on, and sockets that were opened with it are closed.',
    response: messageSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_NOT_FOUND'],
  })
  revoke(@CurrentActor() actor: Actor, @Param('token_id', { schema: id }) tokenId: string) {
    return this.tokens.revoke(actor, tokenId);
  }
}
