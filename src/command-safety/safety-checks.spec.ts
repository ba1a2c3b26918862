import { expect, test, vi } from 'vitest';
import type { Infrastructure } from '../infra/infrastructure.js';
import { SafetyChecks } from './safety-checks.js';

test('the commands of a key are checked in the turn of who has made it', async () => {
  const checks = new SafetyChecks({ config: { DATA_DIR: '/data' } } as Infrastructure);
  const analyse = vi
    .spyOn(checks, 'analyse')
    .mockResolvedValue({ safe: true, faults: [], unchecked: [], warnings: [], suggestions: [] });
  await checks.refuseUnsafe(
    { id: 'the key', accountId: 'its maker', username: 'key', role: 'developer', tier: 'standard' },
    'true',
  );
  expect(analyse.mock.calls[0]?.[0]).toBe('its maker');
});
