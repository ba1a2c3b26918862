import { describe, expect, it } from 'vitest';
import { effectiveLimits, runLimitsSchema } from './run-limits.js';

describe('effectiveLimits', () => {
  it.each([
    [{}, {}, {}, {}],
    [{ memory: '1GB' }, {}, {}, { memory: '1GB' }],
    [{}, { memory: '1GB', cpu_seconds: 5 }, {}, { memory: '1GB', cpu_seconds: 5 }],
    [{ cpu_seconds: 9 }, { cpu_seconds: 5 }, {}, { cpu_seconds: 9 }],
    [{ cpu_seconds: 9 }, { cpu_seconds: 5 }, { cpu_seconds: 7 }, { cpu_seconds: 7 }],
    [{ memory: '900MB' }, {}, { memory: '1GB' }, { memory: '900MB' }],
    [{ memory: '1025MB' }, {}, { memory: '1GB' }, { memory: '1GB' }],
    [{}, {}, { file_size: '1GB' }, { file_size: '1GB' }],
  ])('requested %j, default %j, maximum %j gives %j', (asked, usual, most, limits) => {
    expect(effectiveLimits(asked, { default_run_limits: usual, max_run_limits: most })).toEqual(limits);
  });
});

describe('runLimitsSchema', () => {
  it.each([
    { memory: '15MB' },
    { memory: '999999999999TB' },
    { memory: 512 },
    { cpu_seconds: 0 },
    { cpu_seconds: 1.5 },
    { file_size: '1B' },
    { open_files: 3 },
    { processes: 0 },
    { disk: '1GB' },
  ])('refuses %j', (limits) => {
    expect(runLimitsSchema.safeParse(limits).success).toBe(false);
  });
});
