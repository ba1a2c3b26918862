import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-strategy';
import { bearerToken } from '../http/bearer-token.js';
import type { Actor } from '../common/permissions.js';
import { looksPersonal } from '../personal-tokens/token-format.js';
import { Actors } from './actors.js';

interface BearerRequest {
  headers: { authorization?: string | undefined };
}

/** Authenticates requests by a personal access token in their `Authorization: Bearer` header. */
@Injectable()
export class PersonalTokenStrategy extends PassportStrategy(Strategy, 'personal-token') {
  constructor(private readonly actors: Actors) {
    super();
  }

  override authenticate({ headers }: BearerRequest): void {
    const token = bearerToken(headers.authorization);
    if (token === undefined || !looksPersonal(token)) return this.fail('Bearer', 401);
    this.validate(token).then(
      (actor) => this.success(actor),
      (error: unknown) => this.error(error as Error),
    );
  }

  validate(token: string): Promise<Actor> {
    return this.actors.ofPersonalToken(token);
  }
}
