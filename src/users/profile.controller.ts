import { Body, Controller, Get, Put } from '@nestjs/common';
import { Endpoint } from '../http/endpoint.js';
import type { Actor } from '../common/permissions.js';
import { CurrentActor, IfMatch } from '../http/request.js';
import {
  preferencesResultSchema,
  updatePreferencesSchema,
  type UpdatePreferences,
} from './preferences.schema.js';
import { PreferencesService } from './preferences.service.js';
import { profileSchema, updateProfileSchema, type UpdateProfile } from './profile.schema.js';
import { ProfileService } from './profile.service.js';

@Controller('api/users')
export class ProfileController {
  constructor(
    private readonly profiles: ProfileService,
    private readonly preferences: PreferencesService,
  ) {}

  @Get('profile')
  @Endpoint({
    access: 'read',
    summary: 'Show your profile, preferences and statistics',
    description: 'Returns also the permissions of your role.',
    response: profileSchema,
  })
  getProfile(@CurrentActor() actor: Actor) {
    return this.profiles.get(actor);
  }

  @Put('profile')
  @Endpoint({
    access: 'read',
    summary: 'Change your name, e-mail address or avatar',
    description: 'Only the given fields are changed.',
    response: profileSchema,
    errors: ['VALIDATION_ERROR', 'RESOURCE_ALREADY_EXISTS', 'VERSION_CONFLICT'],
  })
  updateProfile(
    @CurrentActor() actor: Actor,
    @Body({ schema: updateProfileSchema }) body: UpdateProfile,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.profiles.update(actor, body, ifMatch);
  }

  @Put('preferences')
  @Endpoint({
    access: 'read',
    summary: 'Change your preferences',
    description: 'The given fields are merged into the current ones.',
    response: preferencesResultSchema,
    errors: ['VALIDATION_ERROR', 'VERSION_CONFLICT'],
  })
  updatePreferences(
    @CurrentActor() actor: Actor,
    @Body({ schema: updatePreferencesSchema }) body: UpdatePreferences,
    @IfMatch() ifMatch: number | undefined,
  ) {
    return this.preferences.update(actor, body, ifMatch);
  }
}
