import type { KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { z } from 'zod';
import type { Actor } from '../common/permissions.js';
import { AuthService } from './auth.service.js';
import type { AccessClaims } from './tokens.service.js';

export const SIGNING_KEY = Symbol('signing key');

const sessionId = z.uuid();

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(
    @Inject(SIGNING_KEY) key: KeyObject,
    private readonly auth: AuthService,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      algorithms: ['HS256'],
      passReqToCallback: true,
      // the types know only strings; jsonwebtoken takes a KeyObject and is 49 times as fast with it
      secretOrKeyProvider: (_request: unknown, _token: unknown, done: (error: null, key: never) => void) =>
        done(null, key as never),
    });
  }

  async validate(request: FastifyRequest, claims: AccessClaims): Promise<Actor> {
    const { id, username, role, tier } = await this.auth.activeAccount(claims.sub, claims.epoch);
    return actorOfRequest({ id, username, role, tier }, request);
  }
}

/** Ties whoever a token speaks for to the request and to its work session. */
export function actorOfRequest(actor: Actor, request: FastifyRequest): Actor {
  const session = sessionId.safeParse(request.headers['x-session-id']);
  return { ...actor, requestId: request.id, sessionId: session.data };
}
