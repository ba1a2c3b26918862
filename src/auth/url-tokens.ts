import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** What a token in a URL opens. */
export interface UrlOwner {
  /** The id of what it opens, for which requests are counted. */
  id: string;
  /** The account that has made it: requests are counted for all that an account has made, too. */
  accountId: string;
}

/** Finds what a token in a URL opens. @returns undefined when it opens nothing */
type Lookup = (token: string) => Promise<UrlOwner | undefined>;

/** The key under which what others send to the URLs of an account is counted: apart from what its user sends, whom they must not lock out. */
export const urlsOf = ({ accountId }: Pick<UrlOwner, 'accountId'>): string => `urls:${accountId}`;

/** Identifies requests whose URL has a token, `urlToken` of `@Endpoint`, before their body is read. */
@Injectable()
export class UrlTokens {
  private lookup: Lookup | undefined;
  /** What was found for a request, since several hooks ask. */
  private readonly found = new WeakMap<FastifyRequest, Promise<UrlOwner | undefined>>();

  /** Sets the function that knows the tokens. */
  lookUpWith(lookup: Lookup): void {
    this.lookup = lookup;
  }

  /** @returns what the token of a request opens; undefined when it opens nothing, or the route takes none */
  ownerOf(request: FastifyRequest): Promise<UrlOwner | undefined> {
    const known = this.found.get(request);
    if (known) return known;
    const part = request.routeOptions.config.rules?.urlToken;
    const token = part === undefined ? undefined : (request.params as Record<string, string>)[part];
    const owner = token === undefined || !this.lookup ? Promise.resolve(undefined) : this.lookup(token);
    this.found.set(request, owner);
    return owner;
  }
}
