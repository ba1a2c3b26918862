import { Inject, Injectable } from '@nestjs/common';
import { createSigner, createVerifier } from 'fast-jwt';
import { AppError } from '../common/errors.js';
import { Infrastructure } from '../infra/infrastructure.js';

export const SIGNING_KEY = Symbol('signing key');

export interface AccessClaims {
  /** The id of the user. */
  sub: string;
  /** The sign-in session (OpenID Connect Front-Channel Logout 1.0, 3). */
  sid: string;
  /** The `token_epoch` of the user when the password was checked. */
  epoch: number;
  /** When the password was checked, in seconds (OpenID Connect Core 1.0, 2). */
  auth_time: number;
  /** The expiry, in seconds. */
  exp: number;
}

const maxKnownTokens = 10_000;

/** Issues and verifies access tokens (JWT, RFC 7519). */
@Injectable()
export class AccessTokens {
  private readonly seconds: number;
  private readonly sign: (claims: AccessClaims) => string;
  private readonly verifySignature: (token: string) => AccessClaims;

  constructor(@Inject(SIGNING_KEY) key: Buffer, infrastructure: Infrastructure) {
    this.seconds = infrastructure.config.ACCESS_TOKEN_SECONDS;
    this.sign = createSigner({ algorithm: 'HS256', key });
    // verified signatures are cached until the token expires; the session and account are checked at each request
    this.verifySignature = createVerifier({
      algorithms: ['HS256'],
      key,
      cache: maxKnownTokens,
      requiredClaims: ['exp', 'sid', 'auth_time'],
    });
  }

  /** Issues a token. @param latest the latest expiry, in seconds; it applies if the usual lifetime would end later */
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
