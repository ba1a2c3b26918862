import { createHash, randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { createSigner, createVerifier } from 'fast-jwt';
import { newId } from '../common/ids.js';
import { AppError } from '../common/errors.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';

export const SIGNING_KEY = Symbol('signing key');

export interface AccessClaims {
  sub: string;
  epoch: number;
}

const maxKnownTokens = 10_000;

const newToken = () => randomBytes(32).toString('base64url');
const hashOf = (token: string) => createHash('sha256').update(token).digest();

/** Makes access tokens (JWT) and refresh tokens (random, rotating, one family a login; RFC 9700 §4.14.2). */
@Injectable()
export class TokensService {
  readonly accessSeconds: number;
  readonly refreshSeconds: number;
  private readonly sign: (claims: AccessClaims) => string;
  private readonly verifySignature: (token: string) => AccessClaims;

  constructor(
    @Inject(SIGNING_KEY) key: Buffer,
    private readonly database: Database,
    infrastructure: Infrastructure,
  ) {
    this.accessSeconds = infrastructure.config.ACCESS_TOKEN_SECONDS;
    this.refreshSeconds = infrastructure.config.REFRESH_TOKEN_SECONDS;
    this.sign = createSigner({ algorithm: 'HS256', key, expiresIn: this.accessSeconds * 1000 });
    // a token that was shown before is known by its hash until it expires; what it stands for is asked each time
    this.verifySignature = createVerifier({
      algorithms: ['HS256'],
      key,
      cache: maxKnownTokens,
      requiredClaims: ['exp'],
    });
  }

  access(user: { id: string; token_epoch: number }): string {
    return this.sign({ sub: user.id, epoch: user.token_epoch });
  }

  /** @throws AUTH_TOKEN_INVALID */
  verify(token: string): AccessClaims {
    try {
      return this.verifySignature(token);
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
      [newId(), newId(), userId, hashOf(token), this.refreshSeconds],
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
      [hash, newId(), hashOf(next), this.refreshSeconds],
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
