import { expect, test } from 'vitest';
import { shebangOf } from './shebang.js';

test.each([
  ['#!/bin/sh\necho a', '/bin/sh', undefined],
  ['#!/bin/sh', '/bin/sh', undefined],
  ['#! \t/usr/bin/env  python3 \t\n', '/usr/bin/env', 'python3'],
  ['#!/usr/bin/env -S python3 -u  -X dev\n', '/usr/bin/env', '-S python3 -u  -X dev'],
  ['#!python3\n', 'python3', undefined],
])('%j names an interpreter and at most one argument', (command, interpreter, argument) => {
  expect(shebangOf(command)).toEqual({ interpreter, argument, isTooLong: false });
});

test.each(['', 'echo a', ' #!/bin/sh', '\n#!/bin/sh', '# !/bin/sh', '#!', '#! \t\n/bin/sh', '#'])(
  '%j names none',
  (command) => {
    expect(shebangOf(command)).toBeUndefined();
  },
);

test('a line is as long as the kernel reads, in bytes', () => {
  const line = (bytes: number) => `#!/${'ä'.repeat((bytes - 3) / 2)}`;
  expect(shebangOf(`${line(255)}\ntrue`)).toMatchObject({ isTooLong: false });
  expect(shebangOf(`${line(257)}\ntrue`)).toMatchObject({ isTooLong: true });
  expect(shebangOf(`#!/bin/sh ${' '.repeat(300)}`)).toMatchObject({
    interpreter: '/bin/sh',
    isTooLong: true,
  });
});

test('of a line that is too long no more is looked at than the kernel would read', () => {
  const { argument, isTooLong } = shebangOf(`#!/bin/sh x${' '.repeat(60_000)}y`)!;
  expect(isTooLong).toBe(true);
  expect(argument!.length).toBeLessThan(255);
});
