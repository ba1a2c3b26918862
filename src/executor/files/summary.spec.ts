import { expect, test } from 'vitest';
import { SecretPatterns } from '../../secret-masking/secret-patterns.js';
import { Summary } from './summary.js';

const mib = 1024 * 1024;
const of = (...pieces: (string | Buffer)[]) => {
  const summary = new Summary(undefined);
  for (const piece of pieces) summary.push(Buffer.from(piece as string));
  return summary;
};

test('a text is kept as it is, and none is none', () => {
  expect(of('# A', ' heading\n').end()?.toString()).toBe('# A heading\n');
  expect(of().end()).toBeUndefined();
});

test('a text that is too long is cut after a whole character, and says so', () => {
  const text = of('ü'.repeat(mib)).end()!;
  expect(text.length).toBeLessThanOrEqual(mib);
  expect(text.toString()).toMatch(/^ü+\n\n… \(this summary has more than 1 MiB, and was cut\)\n$/);
  const read = of('short');
  read.cut();
  expect(read.end()?.toString()).toContain('was cut');
});

test('what somebody writes in the place of the collector beyond the bound is not kept', () => {
  const summary = of('begin', Buffer.alloc(mib), Buffer.alloc(mib));
  const beyond = Buffer.from('beyond');
  let looks = 0;
  Object.defineProperty(beyond, 'length', { get: () => (looks += 1) });
  summary.push(beyond);
  expect(looks).toBe(0);
  expect(summary.end()!.toString()).toMatch(/^begin.*was cut\)\n$/s);
});

test('what is no text becomes one', () => {
  expect(
    of(Buffer.from([0x61, 0, 0xff, 0x62]))
      .end()
      ?.toString(),
  ).toBe('a\uFFFD\uFFFDb');
});

test('secrets are masked, also over pieces, and none is shown in part where the text was cut', async () => {
  const secrets = await SecretPatterns.prepare(['a-secret-of-the-project']);
  const whole = new Summary(secrets);
  for (const piece of ['token: a-secret-', 'of-the-project', ' end']) whole.push(Buffer.from(piece));
  expect(whole.end()?.toString()).toBe('token: *** end');
  const part = new Summary(secrets);
  part.push(Buffer.from('token: a-secret-of-the'));
  part.cut();
  expect(part.end()?.toString()).not.toContain('secret');
});
