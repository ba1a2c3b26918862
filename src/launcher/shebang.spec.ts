import { expect, test } from 'vitest';
import { shebangOf } from './shebang.js';

test.each([
  ['#!/bin/sh\necho a', '/bin/sh', undefined],
  ['#!/bin/sh', '/bin/sh', undefined],
  ['#! \t/usr/bin/env  python3 \t\n', '/usr/bin/env', 'python3'],
  ['#!/usr/bin/env -S python3 -u  -X dev\n', '/usr/bin/env', '-S python3 -u  -X dev'],
  ['#!python3\n', 'python3', undefined],
])('%j has an interpreter and at most one argument', (command, interpreter, argument) => {
  expect(shebangOf(command)).toEqual({ interpreter, argument, isTooLong: false });
});

test.each(['', 'echo a', ' #!/bin/sh', '\n#!/bin/sh', '# !/bin/sh', '#!', '#! \t\n/bin/sh', '#'])(
  '%j has no interpreter',
  (command) => {
    expect(shebangOf(command)).toBeUndefined();
  },
);

test('the length limit of the shebang line is that of the kernel, in bytes', () => {
  const line = (bytes: number) => `#!/${'ä'.repeat((bytes - 3) / 2)}`;
  expect(shebangOf(`${line(255)}\ntrue`)).toMatchObject({ isTooLong: false });
  expect(shebangOf(`${line(257)}\ntrue`)).toMatchObject({ isTooLong: true });
  expect(shebangOf(`#!/bin/sh ${' '.repeat(300)}`)).toMatchObject({
    interpreter: '/bin/sh',
    isTooLong: true,
  });
});

test('a shebang line that is too long is parsed only up to the limit of the kernel', () => {
  const { argument, isTooLong } = shebangOf(`#!/bin/sh x${' '.repeat(60_000)}y`)!;
  expect(isTooLong).toBe(true);
  expect(argument!.length).toBeLessThan(255);
});
