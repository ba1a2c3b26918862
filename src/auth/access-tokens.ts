import { Inject, Injectable } from '@nestjs/common';
import { createSigner, createVerifier } from 'fast-jwt';
import { AppError } from '../common/errors.js';
import { Infrastructure } from '../infra/infrastructure.js';

export const SIGNING_KEY = Symbol('signing key');

export interface AccessClaims {
  /** The user. */
  sub: string;
  /** The sign-in session (OpenID Connect Front-Channel Logout 1.0, 3). */
  sid: string;
  /** The epoch of the password that was checked. */
  epoch: number;
  /** When the password was checked, in seconds (OpenID Connect Core 1.0, 2). */
  auth_time: number;
  /** In seconds. */
  exp: number;
}

const maxKnownTokens = 10_000;

/** Makes and reads access tokens (JWT, RFC 7519). */
@Injectable()
export class AccessTokens {
  private readonly seconds: number;
  private readonly sign: (claims: AccessClaims) => string;
  private readonly verifySignature: (token: string) => AccessClaims;

  constructor(@Inject(SIGNING_KEY) key: Buffer, infrastructure: Infrastructure) {
    this.seconds = infrastructure.config.ACCESS_TOKEN_SECONDS;
    this.sign = createSigner({ algorithm: 'HS256', key });
    // a token that was shown before is known by its hash until it expires; what it stands for is asked each time
    this.verifySignature = createVerifier({
      algorithms: ['HS256'],
      key,
      cache: maxKnownTokens,
      requiredClaims: ['exp', 'sid', 'auth_time'],
    });
  }

  /** @param latest end of the token, in seconds, if that comes before the end of its usual life */
  make(claims: Omit<AccessClaims, 'exp'>, latest: number) {
    const now = Math.floor(Date.now() / 1000);
    const exp = Math.min(now + this.seconds, Math.floor(latest));
    return {
      access_token: this.sign({ ...claims, exp }),
      token_type: 'bearer' as const,
      expires_in: exp - now,
    };
  }

  /** @throws AUTH_TOKEN_INVALID */
  verify(token: string): AccessClaims {
    try {
      return this.verifySignature(token);
    } catch (cause) {
      throw new AppError('AUTH_TOKEN_INVALID', {}, { cause });
    }
  }
}
