import { Injectable } from '@nestjs/common';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import { AppError } from '../common/errors.js';
import { RateLimits, type RateLimiter } from '../infra/rate-limits.js';

const allowedFailures = 10;
const windowSeconds = 900;

/** Slows the guessing of passwords: after ten failures a name, or an address, waits; also when rate limits are off. */
@Injectable()
export class LoginThrottle {
  private readonly byName: RateLimiter;
  private readonly byAddress: RateLimiter;

  constructor(limits: RateLimits) {
    this.byName = limits.create('login-name', allowedFailures, windowSeconds);
    this.byAddress = limits.create('login-address', allowedFailures, windowSeconds);
  }

  /** @throws RATE_LIMIT_EXCEEDED with the seconds to wait */
  async check(name: string, address: string): Promise<void> {
    for (const state of await Promise.all([this.byName.get(name), this.byAddress.get(address)])) {
      if (state && state.consumedPoints >= allowedFailures) throw slowedDown(state);
    }
  }

  /** @throws RATE_LIMIT_EXCEEDED when more failures than are allowed were under way at once */
  async failed(name: string, address: string): Promise<void> {
    for (const state of await Promise.all([this.byName.penalty(name), this.byAddress.penalty(address)])) {
      if (state.consumedPoints > allowedFailures) throw slowedDown(state);
    }
  }

  async succeeded(name: string): Promise<void> {
    await this.byName.delete(name);
  }
}

function slowedDown({ msBeforeNext }: RateLimiterRes): AppError {
  const resetAt = new Date(Date.now() + msBeforeNext).toISOString();
  return new AppError(
    'RATE_LIMIT_EXCEEDED',
    { limit: allowedFailures, window: windowSeconds, reset_at: resetAt },
    { message: 'Too many failed logins. Please try again later.', retryAfterSeconds: msBeforeNext / 1000 },
  );
}
