import { expect, test } from 'vitest';
import { AppError } from '../common/errors.js';
import { RateLimiterFactory } from '../infra/rate-limiter-factory.js';
import type { KnownNetworks } from './known-networks.js';
import { LoginThrottle } from './login-throttle.js';

/** Creates a throttle with a list of known networks in place of the table of sessions. */
function makeThrottle(...known: [name: string, network: string][]) {
  const networks = { has: async (...pair: string[]) => known.some((one) => String(one) === String(pair)) };
  const throttle = new LoginThrottle(new RateLimiterFactory(undefined), networks as unknown as KnownNetworks);
  let checks = 0;
  const attempt = (name: string, address: string, isRight: boolean) =>
    throttle
      .check(name, address, async () => {
        checks += 1;
        return isRight;
      })
      .catch((error: AppError) => `wait ${String(error.details['window'])}`);
  return { attempt, checks: () => checks };
}

test('failures for one name from many networks limit unknown networks to one attempt at a time', async () => {
  const { attempt, checks } = makeThrottle(['ada', '192.0.2.1']);
  for (let guess = 0; guess < 50; guess += 1)
    expect(await attempt('ada', `10.0.0.${guess}`, false)).toBe(false);
  expect(await attempt('ada', '10.0.1.1', true)).toBe(true);
  for (let guess = 0; guess < 50; guess += 1)
    expect(await attempt('ada', `10.0.2.${guess}`, true)).toBe('wait 30');
  // passwords of attempts that have to wait are not checked
  expect(checks()).toBe(51);
  expect(await attempt('ada', '192.0.2.1', true)).toBe(true);
  expect(await attempt('grace', '10.0.0.1', true)).toBe(true);
});

test('failures from one network for many names limit unknown users there to one attempt at a time', async () => {
  const { attempt } = makeThrottle(['ada', '192.0.2.1']);
  for (let guess = 0; guess < 100; guess += 1)
    expect(await attempt(`name-${guess}`, '192.0.2.1', false)).toBe(false);
  expect(await attempt('grace', '192.0.2.1', true)).toBe(true);
  expect(await attempt('linus', '192.0.2.1', true)).toBe('wait 5');
  expect(await attempt('ada', '192.0.2.1', true)).toBe(true);
  expect(await attempt('linus', '192.0.2.2', true)).toBe(true);
});

test('a known network is blocked after ten failures as well', async () => {
  const { attempt } = makeThrottle(['ada', '192.0.2.1']);
  for (let guess = 0; guess < 10; guess += 1) expect(await attempt('ada', '192.0.2.1', false)).toBe(false);
  expect(await attempt('ada', '192.0.2.1', true)).toBe('wait 900');
});

test('a correct password is refused when too many attempts failed while it was checked', async () => {
  const { attempt } = makeThrottle();
  const wrong = Array.from({ length: 50 }, (_, guess) => attempt('ada', `10.0.0.${guess}`, false));
  const right = Array.from({ length: 3 }, (_, guess) => attempt('ada', `10.0.1.${guess}`, true));
  await Promise.all(wrong);
  expect(await Promise.all(right)).toEqual([true, 'wait 30', 'wait 30']);
});
