import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-strategy';
import { bearerToken } from '../http/bearer-token.js';
import type { Actor } from '../common/permissions.js';
import { looksLikeToken } from '../credentials/token-format.js';
import type { AuthorizedRequest } from './bearer.guard.js';
import { Actors } from './actors.js';

/** Authenticates requests by a personal access token or a key in their `Authorization: Bearer` header. */
@Injectable()
export class CredentialStrategy extends PassportStrategy(Strategy, 'credential') {
  constructor(private readonly actors: Actors) {
    super();
  }

  override authenticate(request: object): void {
    const { headers, network } = request as AuthorizedRequest;
    const token = bearerToken(headers.authorization);
    if (token === undefined || !looksLikeToken(token)) return this.fail('Bearer', 401);
    this.validate(token, network).then(
      (actor) => this.success(actor),
      (error: unknown) => this.error(error as Error),
    );
  }

  validate(token: string, network: string): Promise<Actor> {
    return this.actors.ofCredential(token, network);
  }
}
