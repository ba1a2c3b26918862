import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy, type VerifiedCallback } from 'passport-jwt';
import { bearerToken } from '../http/bearer-token.js';
import type { Actor } from '../common/permissions.js';
import { AccessTokens, SIGNING_KEY, type AccessClaims } from './access-tokens.js';
import { Actors } from './actors.js';

interface ReplaceableVerifier {
  JwtVerifier: (token: string, key: unknown, options: unknown, done: VerifiedCallback) => void;
}

/** Authenticates requests by an access token (JWT) in their `Authorization: Bearer` header. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, 'jwt') {
  constructor(
    @Inject(SIGNING_KEY) key: Buffer,
    accessTokens: AccessTokens,
    private readonly actors: Actors,
  ) {
    super({
      jwtFromRequest: ({ headers }) => bearerToken(headers.authorization) ?? null,
      secretOrKey: key,
      algorithms: ['HS256'],
    });
    // The library's verifier computes the signature at every request; `AccessTokens` caches verified tokens.
    (Strategy as unknown as ReplaceableVerifier).JwtVerifier = (token, _key, _options, done) => {
      let claims: AccessClaims;
      try {
        claims = accessTokens.verify(token);
      } catch (error) {
        return done(error);
      }
      done(null, claims);
    };
  }

  /** Called by passport with the claims of a token whose signature and expiry were verified. */
  validate(claims: AccessClaims): Promise<Actor> {
    return this.actors.ofAccessToken(claims);
  }
}
