import { expect, test } from 'vitest';
import { networkOf } from './network.js';

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
  ['127.0.0.1', 'host'],
  ['127.1.2.3', 'host'],
  ['::ffff:127.0.0.1', 'host'],
  ['::1', 'host'],
  ['::2', '::/64'],
  ['unknown', 'unknown'],
  ['', 'unknown'],
  ['x'.repeat(10_000), 'unknown'],
])('the address %s belongs to the network %s', (address, network) =>
  expect(networkOf(address)).toBe(network),
);
