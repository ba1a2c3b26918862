import { AppError } from './errors.js';

type Settings = Record<string, unknown>;

const maxBytes = 65_536;

/**
 * Merges changed settings into the stored ones.
 * @throws VALIDATION_ERROR if they become larger than 64 KiB of JSON, unless the change makes them no larger than they were
 */
export function mergeSettings(stored: Settings, changed: Settings = {}): Settings {
  const merged = { ...stored, ...changed };
  const size = sizeOf(merged);
  if (size <= maxBytes || size <= sizeOf(stored)) return merged;
  throw new AppError('VALIDATION_ERROR', {
    field: 'settings',
    issue: `must not exceed ${maxBytes} bytes of JSON together with those that are stored`,
  });
}

const sizeOf = (settings: Settings) => Buffer.byteLength(JSON.stringify(settings));
