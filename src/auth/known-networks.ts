import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database.js';

/** The number of days for which the network of a sign-in counts as known. */
const rememberedDays = 30;

/** The networks from which users have recently signed in with their current password. */
@Injectable()
export class KnownNetworks {
  constructor(private readonly database: Database) {}

  /** Whether a user has recently signed in from a network. @param name the user name in lower case, which may not exist */
  async has(name: string, network: string): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT 1 FROM users u JOIN auth_sessions s ON s.user_id = u.id
        WHERE u.username = $1 AND s.network = $2 AND s.epoch = u.token_epoch
          AND s.created_at > now() - make_interval(days => $3) LIMIT 1`,
      [name, network, rememberedDays],
    );
    return rows.length > 0;
  }
}
