import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Finds what a token in a URL opens. @returns its id, for which requests are counted; undefined when it opens nothing */
type Lookup = (token: string) => Promise<string | undefined>;

/** Identifies requests whose URL has a token, `urlToken` of `@Endpoint`, before their body is read. */
@Injectable()
export class UrlTokens {
  private lookup: Lookup | undefined;
  /** What was found for a request, since several hooks ask. */
  private readonly found = new WeakMap<FastifyRequest, Promise<string | undefined>>();

  /** Sets the function that knows the tokens. */
  lookUpWith(lookup: Lookup): void {
    this.lookup = lookup;
  }

  /** @returns the id of what the token of a request opens; undefined when it opens nothing, or the route takes none */
  ownerOf(request: FastifyRequest): Promise<string | undefined> {
    const known = this.found.get(request);
    if (known) return known;
    const part = request.routeOptions.config.rules?.urlToken;
    const token = part === undefined ? undefined : (request.params as Record<string, string>)[part];
    const owner = token === undefined || !this.lookup ? Promise.resolve(undefined) : this.lookup(token);
    this.found.set(request, owner);
    return owner;
  }
}
