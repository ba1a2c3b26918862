import { Injectable } from '@nestjs/common';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../common/errors.js';
import { RateLimits, type RateLimiter } from '../infra/rate-limits.js';
import { KnownNetworks } from './known-networks.js';

const windowSeconds = 900;
const failures = {
  /** Of one name from one network. */
  pair: 10,
  /** Of one name from everywhere: it takes many networks to get here. */
  name: 50,
  /** From one network, of all names: many people may share it. */
  network: 100,
} as const;
/** Seconds between two tries once there were so many. */
const pause = { name: 30, network: 5 } as const;
const kinds = ['name', 'network'] as const;
type Kind = (typeof kinds)[number];

/**
 * Slows the guessing of passwords, also when rate limits are off. Ten failures shut a name out of the network they came from, and
 * nobody else: who knows a name cannot shut its user out, and who shares an address cannot shut out its other users. Against
 * guesses from many networks, or at many names, one try every few seconds is let through; a network from which the user has signed
 * in lately does not wait for that. So at most 80 guesses at a name are looked at in 15 minutes, however many strange networks take
 * part.
 */
@Injectable()
export class LoginThrottle {
  private readonly pair: RateLimiter;
  private readonly counts: Record<Kind, RateLimiter>;
  private readonly turns: Record<Kind, RateLimiter>;

  constructor(
    limits: RateLimits,
    private readonly knownNetworks: KnownNetworks,
  ) {
    const count = (kind: keyof typeof failures) =>
      limits.create(`login-${kind}`, failures[kind], windowSeconds);
    const turn = (kind: Kind) => limits.create(`login-${kind}-turn`, 1, pause[kind]);
    this.pair = count('pair');
    this.counts = { name: count('name'), network: count('network') };
    this.turns = { name: turn('name'), network: turn('network') };
  }

  /**
   * Has a password checked, unless there were too many wrong ones.
   * @param network where it comes from, as `RequestNetworks` tells
   * @param isRight checks it; its work is not done for who has to wait
   * @returns whether it is right
   * @throws RATE_LIMIT_EXCEEDED with the seconds to wait, for a right password too
   */
  async check(name: string, network: string, isRight: () => Promise<boolean>): Promise<boolean> {
    const pair = `${name}|${network}`;
    refuse(await this.pair.get(pair));
    const hasWaited = await this.takeTurn(name, network);
    if (await isRight()) {
      // guesses that came at once have all passed the first look
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

  /** @returns whether there were so many failures that it had to be asked for */
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
