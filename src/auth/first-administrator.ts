import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ConfigError } from '../common/config.js';
import { AppError } from '../common/errors.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { weaknessOf } from '../users/password-rules.js';
import { UsersService } from '../users/users.service.js';

/** Creates the administrator when there is no user yet. */
@Injectable()
export class FirstAdministrator {
  constructor(
    private readonly users: UsersService,
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  /**
   * Creates the administrator if necessary.
   * @returns the credentials to print once, when the password was generated; undefined otherwise
   * @throws ConfigError for a weak ADMIN_PASSWORD
   */
  async ensure(): Promise<{ username: string; password: string } | undefined> {
    const { config } = this.infrastructure;
    const [known] = await this.database.query('SELECT 1 FROM users LIMIT 1');
    if (known) return undefined;
    const username = config.ADMIN_USERNAME.toLowerCase();
    const given = config.ADMIN_PASSWORD;
    const weakness = given && (await weaknessOf(given, { username, email: config.ADMIN_EMAIL }));
    if (weakness) throw new ConfigError(`The configuration is invalid:\n  ADMIN_PASSWORD: ${weakness}`);
    const password = given ?? randomBytes(12).toString('base64url');
    try {
      await this.users.create(null, {
        username,
        password,
        email: config.ADMIN_EMAIL,
        full_name: null,
        avatar_url: null,
        role: 'admin',
        tier: 'standard',
      });
    } catch (error) {
      // another process that started at the same time has created the user
      if (error instanceof AppError && error.code === 'RESOURCE_ALREADY_EXISTS') return undefined;
      throw error;
    }
    return given === undefined ? { username, password } : undefined;
  }
}
