import { Injectable } from '@nestjs/common';
import { recordedValues } from '../activity/recorded-values.js';
import { ActivityLog } from '../activity/activity-log.js';
import { AppError } from '../common/errors.js';
import { toInstant } from '../common/fields.js';
import type { Actor } from '../common/permissions.js';
import { checkVersion } from '../http/request.js';
import { Database } from '../infra/database.js';
import {
  isTooLarge,
  mergePreferences,
  toPreferences,
  type PreferencesResult,
  type UpdatePreferences,
} from './preferences.schema.js';
import type { User } from './user.entity.js';

@Injectable()
export class PreferencesService {
  constructor(
    private readonly database: Database,
    private readonly activity: ActivityLog,
  ) {}

  /**
   * Merges changes into the actor's own preferences.
   * @throws VERSION_CONFLICT, VALIDATION_VALUE_TOO_LONG
   */
  async update(actor: Actor, input: UpdatePreferences, ifMatch?: number): Promise<PreferencesResult> {
    const { version, ...changes } = input;
    return this.database.transaction(async (tx) => {
      const [user] = await tx.query<Pick<User, 'preferences' | 'version'>>(
        'SELECT preferences, version FROM users WHERE id = $1 FOR UPDATE',
        [actor.id],
      );
      checkVersion(user!.version, version, ifMatch);
      const preferences = mergePreferences(user!.preferences, changes);
      if (isTooLarge(preferences))
        throw new AppError('VALIDATION_VALUE_TOO_LONG', { issue: 'Together too large' });
      const [row] = await tx.query<{ updated_at: Date }>(
        'UPDATE users SET preferences = $2, updated_at = now(), version = version + 1 WHERE id = $1 RETURNING updated_at',
        [actor.id, preferences],
      );
      const keys = Object.keys(changes);
      this.activity.record(tx, {
        actor,
        entityType: 'user',
        entityId: actor.id,
        action: 'preferences_updated',
        oldValue: recordedValues(
          Object.fromEntries(keys.map((key) => [key, user!.preferences[key] ?? null])),
        ),
        newValue: recordedValues(Object.fromEntries(keys.map((key) => [key, preferences[key]]))),
      });
      return { preferences: toPreferences(preferences), updated_at: toInstant(row!.updated_at) };
    });
  }
}
