import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { v7 as uuid } from 'uuid';
import { AppError } from '../common/errors.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';

export interface AccessClaims {
  sub: string;
  epoch: number;
}

const newToken = () => randomBytes(32).toString('base64url');
const hashOf = (token: string) => createHash('sha256').update(token).digest();

/** Makes access tokens (JWT) and refresh tokens (random, rotating, one family a login; RFC 9700 §4.14.2). */
@Injectable()
export class TokensService {
  readonly accessSeconds: number;
  readonly refreshSeconds: number;

  constructor(
    private readonly jwt: JwtService,
    private readonly database: Database,
    infrastructure: Infrastructure,
  ) {
    this.accessSeconds = infrastructure.config.ACCESS_TOKEN_SECONDS;
    this.refreshSeconds = infrastructure.config.REFRESH_TOKEN_SECONDS;
  }

  access(user: { id: string; token_epoch: number }): string {
    return this.jwt.sign({ sub: user.id, epoch: user.token_epoch }, { expiresIn: this.accessSeconds });
  }

  /** @throws AUTH_TOKEN_INVALID */
  verify(token: string): AccessClaims {
    try {
      return this.jwt.verify<AccessClaims>(token, { algorithms: ['HS256'] });
    } catch (cause) {
      throw new AppError('AUTH_TOKEN_INVALID', {}, { cause });
    }
  }

  /** Makes the first refresh token of a new family. */
  async refresh(userId: string): Promise<string> {
    const token = newToken();
    await this.database.query(
      `INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))`,
      [uuid(), uuid(), userId, hashOf(token), this.refreshSeconds],
    );
    return token;
  }

  /**
   * Exchanges a refresh token for the next of its family. A token that was exchanged before has been stolen, by whoever
   * came first or by whoever comes now: the whole family is revoked.
   * @throws AUTH_TOKEN_INVALID
   */
  async rotate(token: string): Promise<{ userId: string; refreshToken: string }> {
    const hash = hashOf(token);
    const next = newToken();
    // of two that come at once exactly one gets the row; in one statement, so that the other one revokes the next token too
    const [fresh] = await this.database.query<{ user_id: string }>(
      `WITH used AS (
         UPDATE refresh_tokens SET used_at = now()
          WHERE token_hash = $1 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
          RETURNING family_id, user_id
       )
       INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at)
       SELECT $2, family_id, user_id, $3, now() + make_interval(secs => $4) FROM used
       RETURNING user_id`,
      [hash, uuid(), hashOf(next), this.refreshSeconds],
    );
    if (!fresh) {
      const revoked = await this.database.query(
        `UPDATE refresh_tokens SET revoked_at = now()
          WHERE revoked_at IS NULL
            AND family_id = (SELECT family_id FROM refresh_tokens WHERE token_hash = $1 AND used_at IS NOT NULL)
          RETURNING id`,
        [hash],
      );
      throw new AppError(
        'AUTH_TOKEN_INVALID',
        revoked.length > 0 ? { reason: 'used before: its family is revoked' } : {},
      );
    }
    return { userId: fresh.user_id, refreshToken: next };
  }
}
