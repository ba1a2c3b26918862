import { describe, expect, test } from 'vitest';
import { isPublicAddress, targetFault } from './target-address.js';

const refused = [
  ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  ['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3'],
  ['169.254.169.254', '169.254.0.1', '100.64.0.1', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
  ['224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1'],
  ['::', '::1', 'fe80::1', 'fc00::1', 'fd00:ec2::254', 'ff02::1', 'fec0::1'],
  [
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001:db8::1',
    '4000::1',
    '2001::1',
  ],
  ['not an address', ''],
].flat();
const allowed = [
  '8.8.8.8',
  '1.1.1.1',
  '172.32.0.1',
  '100.128.0.1',
  '2606:4700:4700::1111',
  '2a00:1450:4001::8a',
];

describe('isPublicAddress', () => {
  test.each(refused)('refuses %j', (address) => expect(isPublicAddress(address)).toBe(false));
  test.each(allowed)('allows %j', (address) => expect(isPublicAddress(address)).toBe(true));
});

describe('targetFault', () => {
  test.each([
    ['http://127.0.0.1/'],
    ['http://127.1:8080/'],
    ['http://2130706433/'],
    ['http://0x7f.0.0.1/'],
    ['http://0177.0.0.1/'],
    ['http://[::1]/'],
    ['http://[::ffff:10.0.0.1]/'],
    ['http://localhost:8000/'],
    ['http://LOCALHOST./'],
    ['http://api.localhost/'],
    ['http://169.254.169.254/latest/meta-data'],
    ['https://１２７.0.0.1/'],
  ])('refuses %s unless private addresses are allowed', (url) => {
    expect(targetFault(url, false)).toContain('public internet');
    expect(targetFault(url, true)).toBeUndefined();
  });

  test.each([
    ['ftp://example.com/'],
    ['file:///etc/passwd'],
    ['example.com'],
    ['https://user:pass@example.com/'],
    ['https://user@example.com/'],
  ])('refuses %s always', (url) => {
    expect(targetFault(url, true)).toBeDefined();
  });

  test.each([
    ['https://example.com/hook?x=1'],
    ['http://8.8.8.8:8080/'],
    ['https://[2606:4700:4700::1111]/'],
  ])('allows %s', (url) => {
    expect(targetFault(url, false)).toBeUndefined();
  });
});
