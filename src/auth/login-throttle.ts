import { Injectable } from '@nestjs/common';
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
      if (state && state.consumedPoints >= allowedFailures) {
        const resetAt = new Date(Date.now() + state.msBeforeNext).toISOString();
        throw new AppError(
          'RATE_LIMIT_EXCEEDED',
          { limit: allowedFailures, window: windowSeconds, reset_at: resetAt },
          { message: 'Too many failed logins. Please try again later.', retryAfterSeconds: state.msBeforeNext / 1000 },
        );
      }
    }
  }

  async failed(name: string, address: string): Promise<void> {
    await Promise.all([this.byName.penalty(name), this.byAddress.penalty(address)]);
  }

  async succeeded(name: string): Promise<void> {
    await this.byName.delete(name);
  }
}
