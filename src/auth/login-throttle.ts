import { Injectable } from '@nestjs/common';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../common/errors.js';
import { RateLimiterFactory, type RateLimiter } from '../infra/rate-limiter-factory.js';
import { KnownNetworks } from './known-networks.js';

const windowSeconds = 900;
const failures = {
  /** Failures with one name from one network. */
  pair: 10,
  /** Failures with one name from all networks; only guesses from many networks reach this number. */
  name: 50,
  /** Failures from one network with all names; many people may share a network. */
  network: 100,
} as const;
/** Seconds between two attempts after that many failures. */
const pause = { name: 30, network: 5 } as const;
const kinds = ['name', 'network'] as const;
type Kind = (typeof kinds)[number];

/**
 * Limits password guessing, even when rate limits are off. Ten failures block the pair of name and network: knowing a name is not enough
 * to lock its user out, and neither is sharing an address with other users. Against guesses from many networks, or at many names, only
 * one attempt every few seconds is checked, except for users on a network from which they have recently signed in. So at most 80
 * guesses at a name are checked in 15 minutes, however many unknown networks take part.
 */
@Injectable()
export class LoginThrottle {
  private readonly pair: RateLimiter;
  private readonly counts: Record<Kind, RateLimiter>;
  private readonly turns: Record<Kind, RateLimiter>;

  constructor(
    factory: RateLimiterFactory,
    private readonly knownNetworks: KnownNetworks,
  ) {
    const count = (kind: keyof typeof failures) =>
      factory.create(`login-${kind}`, failures[kind], windowSeconds);
    const turn = (kind: Kind) => factory.create(`login-${kind}-turn`, 1, pause[kind]);
    this.pair = count('pair');
    this.counts = { name: count('name'), network: count('network') };
    this.turns = { name: turn('name'), network: turn('network') };
  }

  /**
   * Checks a password, unless there were too many failures.
   * @param network the network of the request, from `RequestNetworks`
   * @param isRight checks the password; it is not called for attempts that have to wait
   * @returns whether the password is right
   * @throws RATE_LIMIT_EXCEEDED with the seconds to wait, even for a right password
   */
  async check(name: string, network: string, isRight: () => Promise<boolean>): Promise<boolean> {
    const pair = `${name}|${network}`;
    refuse(await this.pair.get(pair));
    const hasWaited = await this.takeTurn(name, network);
    if (await isRight()) {
      // concurrent guesses have all passed the first check
      refuse(await this.pair.get(pair));
      if (!hasWaited) await this.takeTurn(name, network);
      await this.pair.delete(pair);
      return true;
    }
    const [state] = await Promise.all([
      this.pair.penalty(pair),
      this.counts.name.penalty(name),
      this.counts.network.penalty(network),
    ]);
    refuse(state, failures.pair + 1);
    return false;
  }

  /** Takes a turn if there were too many failures. @returns whether that was the case */
  private async takeTurn(name: string, network: string): Promise<boolean> {
    const keys = { name, network };
    const states = await Promise.all(kinds.map((kind) => this.counts[kind].get(keys[kind])));
    const full = kinds.filter((kind, index) => (states[index]?.consumedPoints ?? 0) >= failures[kind]);
    if (full.length === 0) return false;
    if (await this.knownNetworks.has(name, network)) return true;
    for (const kind of full) {
      const state = await this.turns[kind].consume(keys[kind]).catch((rejected: unknown) => rejected);
      if (state instanceof Error) throw state;
      const { consumedPoints, msBeforeNext } = state as RateLimiterRes;
      if (consumedPoints > 1) throw slowedDown(msBeforeNext, 1, pause[kind]);
    }
    return true;
  }
}

function refuse(state: RateLimiterRes | null, limit: number = failures.pair): void {
  if (state && state.consumedPoints >= limit)
    throw slowedDown(state.msBeforeNext, failures.pair, windowSeconds);
}

function slowedDown(milliseconds: number, limit: number, window: number): AppError {
  const resetAt = new Date(Date.now() + milliseconds).toISOString();
  return new AppError(
    'RATE_LIMIT_EXCEEDED',
    { limit, window, reset_at: resetAt },
    { message: 'Too many failed logins. Please try again later.', retryAfterSeconds: milliseconds / 1000 },
  );
}
