import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { formatDuration } from '../common/duration.js';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { HeavyWork } from '../infra/heavy-work.js';
import { toPreferences } from './preferences.schema.js';
import { userStatistics } from './profile.queries.js';
import type { Profile, UpdateProfile } from './profile.schema.js';
import { User } from './user.entity.js';
import { toUser } from './users.schema.js';
import { UsersService } from './users.service.js';

@Injectable()
export class ProfileService {
  constructor(
    @InjectRepository(User) private readonly repository: Repository<User>,
    private readonly heavy: HeavyWork,
    private readonly users: UsersService,
  ) {}

  async get(actor: Actor): Promise<Profile> {
    const [user, statistics] = await Promise.all([
      this.repository.findOneBy({ id: actor.id }),
      this.heavy.read(actor, (tx) => userStatistics(tx, actor.id)),
    ]);
    if (!user) throw new AppError('RESOURCE_NOT_FOUND', { user_id: actor.id });
    const { disabled: _, ...view } = toUser(user);
    return {
      ...view,
      preferences: toPreferences(user.preferences),
      statistics: { ...statistics, total_login_time: formatDuration(statistics.total_login_time) },
    };
  }

  /** @throws RESOURCE_ALREADY_EXISTS when the e-mail address is taken, VERSION_CONFLICT */
  async update(actor: Actor, input: UpdateProfile, ifMatch?: number): Promise<Profile> {
    await this.users.update(actor, actor.id, input, ifMatch, 'read');
    return this.get(actor);
  }
}
