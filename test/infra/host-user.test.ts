import { describe, expect, test } from 'vitest';
import { ensureHostUser, findHostUser, HostUserError } from '../../src/infra/host-user.js';
import { isRoot, run } from './harness.js';

test('an existing user is found by name and by uid, and a missing one is not', async () => {
  const nobody = await findHostUser('nobody');
  expect(nobody).toMatchObject({ name: 'nobody', uid: expect.any(Number) });
  expect(await findHostUser(nobody!.uid)).toEqual(nobody);
  expect(await findHostUser('millrace-no-such-user')).toBeNull();
});

test('root and invalid user names are refused', async () => {
  await expect(ensureHostUser('root')).rejects.toThrow(HostUserError);
  await expect(ensureHostUser('--help')).rejects.toThrow(/not a valid user name/);
});

// Creating takes root; anybody else gets the refusal that the second block checks.
if (isRoot) {
  describe('as root', () => {
    test('a missing user is created once by concurrent calls, with its own group and without shell or home', async () => {
      const name = `millrace-test-${process.pid}`;
      try {
        const users = await Promise.all([1, 2, 3].map(() => ensureHostUser(name)));
        expect(new Set(users.map((user) => user.uid)).size).toBe(1);
        const line = (await run('getent', ['passwd', name])).stdout;
        expect(line).toMatch(/:\/nonexistent:.*(nologin|false)$/m);
        expect((await run('id', ['-Gn', name])).stdout.trim()).toBe(name);
        expect(await ensureHostUser(name)).toEqual(users[0]);
      } finally {
        await run('userdel', [name]);
      }
    });
  });
} else {
  describe('as an ordinary user', () => {
    test('an error lists the attempts to create a user', async () => {
      await expect(ensureHostUser('millrace-no-such-user')).rejects.toThrow(/useradd/);
    });
  });
}
