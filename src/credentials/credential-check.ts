import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { Bus } from '../infra/bus.js';
import { Database } from '../infra/database.js';
import { Events } from '../infra/events.js';
import { IdentityLookups } from '../infra/identity-lookups.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { RowCache } from '../infra/row-cache.js';
import type { Credential } from './credential.entity.js';
import { hashOfToken, isWellFormed } from './token-format.js';

export type KnownCredential = Pick<
  Credential,
  'id' | 'user_id' | 'project_id' | 'scopes' | 'expires_at' | 'last_used_at'
>;

/** The last use is stored at most once in this time. */
const useSeconds = 60;

/** Authenticates personal access tokens and keys, by one indexed look-up or from a cache. */
@Injectable()
export class CredentialCheck implements OnModuleInit {
  /** Cached rows, by the hash of the token, and by its id for actors that are verified again. */
  private readonly known: RowCache<KnownCredential>;

  constructor(
    private readonly database: Database,
    private readonly lookups: IdentityLookups,
    private readonly events: Events,
    private readonly infrastructure: Infrastructure,
    bus: Bus,
  ) {
    this.known = new RowCache(bus);
  }

  onModuleInit(): void {
    this.events.on('user.changed', (changed) =>
      this.known.forget(({ user_id }) => user_id === changed.user_id),
    );
  }

  /**
   * Looks up the token of a request.
   * @param network of the request, for which the look-up takes a turn
   * @throws AUTH_TOKEN_INVALID when it does not exist, or has expired or been revoked; RATE_LIMIT_EXCEEDED when too many look-ups wait
   */
  async verify(text: string, network: string): Promise<KnownCredential> {
    const token = isWellFormed(text) ? await this.find(hashOfToken(text), network) : undefined;
    return requireValid(token);
  }

  /** Looks up a token that has been verified before. @throws AUTH_TOKEN_INVALID when it has expired or been revoked */
  async verifyAgain(id: string, userId: string): Promise<KnownCredential> {
    const token = await this.known.get(id, async () => {
      const [found] = await this.lookups.take(userId, () =>
        this.database.query<KnownCredential>(`${select} WHERE id = $1`, [id]),
      );
      return found;
    });
    return requireValid(token);
  }

  /** Looks up many at once, for who is about to `verifyAgain` each. */
  async prefetch(ids: Iterable<string>): Promise<void> {
    await this.known.prefetch(ids, async (unknown) => {
      const rows = await this.database.query<KnownCredential>(`${select} WHERE id = ANY($1)`, [unknown]);
      return new Map(rows.map((row) => [row.id, row]));
    });
  }

  private find(hash: Buffer, network: string): Promise<KnownCredential | undefined> {
    return this.known.get(hash.toString('latin1'), async () => {
      const [token] = await this.lookups.take(network, () =>
        this.database.query<KnownCredential>(`${select} WHERE token_hash = $1`, [hash]),
      );
      if (token) this.noteUse(token);
      return token;
    });
  }

  /** Stores the last use in the background; a use that cannot be stored has no other effect. */
  private noteUse({ id, last_used_at: last, expires_at: end }: KnownCredential): void {
    if (last !== null && Date.now() - last.getTime() < useSeconds * 1000) return;
    if (end !== null && end.getTime() <= Date.now()) return;
    this.database
      .query(
        `UPDATE credentials SET last_used_at = now()
          WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - make_interval(secs => $2))`,
        [id, useSeconds],
      )
      .catch((error: unknown) => {
        this.infrastructure.logger.debug({ err: error }, 'the use of a token could not be recorded');
      });
  }
}

const select = 'SELECT id, user_id, project_id, scopes, expires_at, last_used_at FROM credentials';

function requireValid(token: KnownCredential | undefined): KnownCredential {
  if (!token || (token.expires_at !== null && token.expires_at.getTime() <= Date.now()))
    throw new AppError('AUTH_TOKEN_INVALID');
  return token;
}
