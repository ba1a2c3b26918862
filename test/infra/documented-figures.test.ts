import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { validateCommandSchema } from '../../src/commands/command-help.schema.js';
import { executeCommandSchema } from '../../src/commands/commands.schema.js';
import { bodyLimits, maxValues } from '../../src/common/body-limits.js';
import { readConfig } from '../../src/common/config.js';
import { runShape } from '../../src/executions/run-shape.js';
import { connectionsPerUser } from '../../src/infra/connection-counts.js';
import { limits } from '../../src/realtime/limits.js';
import { headerTimeouts } from '../../src/request-limits/connection-bounds.js';
import { receivedLimits } from '../../src/request-limits/received-bytes.js';
import { unreadLimits } from '../../src/request-limits/unread-bytes.js';
import { root } from '../support/build.js';

const page = (name: string) => readFileSync(join(root, 'docs', name), 'utf8').replaceAll(/\n\s+/g, ' ');

/** Reads a figure such as `100,000`, `64 KiB` or `10 s`: bytes, milliseconds, or how many. */
function valueOf(figure: string): number {
  const [, digits = '', unit = ''] = /^([\d,]+)(?: (KiB|MiB|s))?$/.exec(figure) ?? [];
  return Number(digits.replaceAll(',', '')) * ({ KiB: 1024, MiB: 1024 ** 2, s: 1000 }[unit] ?? 1);
}

/** The longest command that a schema takes. */
function longest(takes: (command: string) => boolean): number {
  let [least, most] = [1, 1 << 20];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (takes('x'.repeat(middle))) least = middle;
    else most = middle - 1;
  }
  return least;
}

const figure = String.raw`([\d,]+(?: KiB| MiB| s)?)`;
const { signedIn, anonymous } = receivedLimits;
const { perConnection, always, slowDown, cutOff } = unreadLimits;
/** Words of docs/limits.md with a `#` for each figure, and the figures of the code. */
const said: [words: string, ...values: number[]][] = [
  [
    'command of a task has at most # characters, that of `POST /api/commands/execute` #, and one for `POST /api/commands/validate` # characters',
    longest((command) => runShape.command.safeParse(command).success),
    longest((command) => executeCommandSchema.safeParse({ command }).success),
    longest((command) => validateCommandSchema.safeParse({ command }).success),
  ],
  [
    'request body has at most # (# for `POST /api/tasks/bulk`, # for a sign-in) and # values',
    bodyLimits.signedIn,
    bodyLimits.large,
    bodyLimits.anonymous,
    maxValues,
  ],
  ['a socket message #', limits.messageBytes],
  ['A user has at most # sockets and streams of output together', connectionsPerUser],
  ['headers are not there within # is closed', headerTimeouts.headersTimeout],
  ['an address has at most # sockets that have not signed in', limits.unauthenticatedPerAddress],
  ['A socket may send # messages a second, # at once', limits.messagesPerSecond, limits.messageBurst],
  ['Before it has signed in a message has at most #', limits.anonymousMessageBytes],
  [
    'socket.io connection with more than # packets a second, # at once',
    limits.packetsPerSecond,
    limits.packetBurst,
  ],
  [
    'when one user has #, the largest that still arrives is answered 429, and when all have #,',
    signedIn.perOwner,
    signedIn.inAll,
  ],
  ['one of at most # never is for what others send', signedIn.always],
  ['Requests without a sign-in have # an address and # in all', anonymous.perOwner, anonymous.inAll],
  ['One connection has at most # of output waiting', perConnection],
  [
    'While one user has # waiting, or all have #, each connection gets # at a time',
    slowDown.perUser,
    slowDown.inAll,
    always,
  ],
  ['a socket with # of them is closed with 1013', limits.eventBufferBytes],
  ['when a user has # or all have #, the connection with the most is cut off', cutOff.perUser, cutOff.inAll],
];

test.each(said)('docs/limits.md states the figure of the code: %s', (words, ...values) => {
  const pattern = words.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('#', figure);
  const found = new RegExp(pattern).exec(page('limits.md'));
  expect(found, 'the words').not.toBeNull();
  expect(found!.slice(1).map(valueOf)).toEqual(values);
});

/** What the table says of defaults that are not a value. */
const described =
  /^(–|none|made once|made and printed once|see .*|in `.*|a million.*|half of.*|a quarter of.*|three quarters.*)$/;
const sizes: Record<string, string> = { '100GB': '107374182400', '10GB': '10737418240' };

test('docs/configuration.md states the default of each setting', () => {
  const defaults = readConfig({}) as unknown as Record<string, unknown>;
  const rows = [
    ...readFileSync(join(root, 'docs/configuration.md'), 'utf8').matchAll(
      /^\| (`[A-Z_`, ]+`) +\| (.*?) +\|/gm,
    ),
  ];
  const wrong: string[] = [];
  const named = new Set<string>();
  for (const [, names = '', values = ''] of rows) {
    const each = [...names.matchAll(/[A-Z_]+/g)].map(String);
    for (const [at, name] of each.entries()) {
      named.add(name);
      const shown = values.split(', ')[at] ?? values;
      if (described.test(values) || described.test(shown)) continue;
      const value = shown.replaceAll('`', '');
      const actual = name === 'DATA_DIR' ? '.data' : asText(defaults[name]);
      if (![value, sizes[value]].includes(actual)) wrong.push(`${name}: ${value} and not ${actual}`);
    }
  }
  expect(wrong).toEqual([]);
  const settings = Object.keys(defaults).filter(
    (name) => /^[A-Z_]+$/.test(name) && !['NODE_ENV', 'METRICS_HOST'].includes(name),
  );
  expect(settings.filter((name) => !named.has(name))).toEqual([]);
});

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
