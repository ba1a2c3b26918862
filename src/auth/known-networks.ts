import { Injectable } from '@nestjs/common';
import { Database } from '../infra/database.js';

/** Days for which the place of a sign-in is remembered. */
const rememberedDays = 30;

/** The networks from which users have signed in lately, with the password that they have now. */
@Injectable()
export class KnownNetworks {
  constructor(private readonly database: Database) {}

  /** @param name of a user, in lower case; nobody of a name that does not exist has signed in */
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
