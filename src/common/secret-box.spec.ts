import { createSecretKey, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { open, seal, SealedError } from './secret-box.js';

const key = createSecretKey(randomBytes(32));

test('a sealed value opens with its key and context, and does not contain the plain text', () => {
  const sealed = seal(key, 'project NAME', 'hunter2 äöü');
  expect(open(key, 'project NAME', sealed)).toBe('hunter2 äöü');
  expect(sealed.includes('hunter2')).toBe(false);
  expect(seal(key, 'project NAME', 'hunter2 äöü').equals(sealed)).toBe(false);
});

test('a sealed value does not open with another context or key, or after a change', () => {
  const sealed = seal(key, 'project NAME', 'hunter2');
  expect(() => open(key, 'project OTHER', sealed)).toThrow(SealedError);
  expect(() => open(createSecretKey(randomBytes(32)), 'project NAME', sealed)).toThrow(/another SECRETS_KEY/);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = Buffer.from(sealed);
    changed[at]! ^= 1;
    expect(() => open(key, 'project NAME', changed)).toThrow(SealedError);
  }
  expect(() => open(key, 'project NAME', sealed.subarray(0, 20))).toThrow(SealedError);
});
