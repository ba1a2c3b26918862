import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import { id } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor, IfMatch, RequestUrl } from '../http/request.js';
import {
  createUserSchema,
  updateUserSchema,
  userListQuery,
  userPageSchema,
  userSchema,
  type CreateUser,
  type UpdateUser,
  type UserListQuery,
} from './users.schema.js';
import { UsersService } from './users.service.js';

@Controller('api/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @Endpoint({
    access: 'admin',
    summary: 'List the users',
    description: 'Disabled users are listed, too.',
    response: userPageSchema,
  })
  list(@Query({ schema: userListQuery }) query: UserListQuery, @RequestUrl() url: string) {
    return this.users.list(query, url);
  }

  @Post()
  @Endpoint({
    access: 'admin',
    summary: 'Create a user',
    description: 'Creates a user with an initial password, which the user can change.',
    status: 201,
    location: '/api/users/{id}',
    response: userSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_ALREADY_EXISTS'],
  })
  create(@CurrentActor() actor: Actor, @Body({ schema: createUserSchema }) body: CreateUser) {
    return this.users.create(actor, body);
  }

  @Get(':user_id')
  @Endpoint({
    access: 'admin',
    summary: 'Show a user',
    description: 'Returns a user with role, tier and whether the user is disabled.',
    response: userSchema,
    errors: ['RESOURCE_NOT_FOUND'],
  })
  get(@Param('user_id', { schema: id }) userId: string) {
    return this.users.get(userId);
  }

  @Put(':user_id')
  @Endpoint({
    access: 'admin',
    summary: 'Change, disable or enable a user, or reset the password',
    description:
      'Only the given fields are changed. A user who is disabled or has a new password is signed out everywhere. Disabling also cancels the queued and running executions of the user; a lower role cancels those that it does not allow if they have not started.',
    response: userSchema,
    errors: [
      'VALIDATION_ERROR',
      'RESOURCE_NOT_FOUND',
      'RESOURCE_ALREADY_EXISTS',
      'RESOURCE_IN_USE',
      'VERSION_CONFLICT',
    ],
  })
  update(
    @CurrentActor() actor: Actor,
    @Param('user_id', { schema: id }) userId: string,
    @Body({ schema: updateUserSchema }) body: UpdateUser,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.users.update(actor, userId, body, ifMatch);
  }
}
