import { expect, test } from 'vitest';
import { weaknessOf } from './password-rules.js';

const user = { username: 'ada-lovelace', email: 'countess@example.org' };

test.each([
  '12345678',
  'password',
  'PassWord',
  'password1!',
  'Summer2026!',
  'qwertyuiop',
  'aaaaaaaa',
  'abababab',
  'ada-lovelace',
  'Ada-Lovelace1',
  'countess@example.org',
  'countess99',
  'Millrace!',
])('%s is refused', async (password) => expect(await weaknessOf(password, user)).toBeTypeOf('string'));

test.each([
  'correct horse battery',
  'change-me-soon',
  'password of ada-lovelace',
  'dragon 4815162342',
  'kG7-fh2_qLpz',
  'пароль для сервера',
])('%s is accepted', async (password) => expect(await weaknessOf(password, user)).toBeUndefined());
