import { expect, test } from 'vitest';
import { analyse } from './analyse.js';

test('reports dangerous commands with suggestions', () => {
  expect(analyse('rm -rf /')).toEqual({
    faults: [],
    unchecked: [],
    safe: false,
    warnings: ['This command is potentially destructive', 'Command attempts to delete system files'],
    suggestions: [
      "Use 'rm -rf ./directory' to delete specific directory",
      "Use 'ls' to list files before deletion",
    ],
  });
  expect(analyse('rm -rf /usr/{bin,lib}').warnings).toContain(
    'Command attempts to delete system files: /usr/bin',
  );
  expect(analyse('git push -f').warnings).toEqual(['Command overwrites history on the remote']);
  expect(analyse('rm -rf $DIRECTORY/*').warnings).toEqual([
    'Command deletes from the root folder if a variable in it is empty',
  ]);
});

test('allows a variable that the shell refuses when empty (the :? operator)', () => {
  expect(analyse('rm -rf "${DIRECTORY:?}"/*').warnings).toEqual([]);
  expect(analyse('${PROGRAM:?} -rf /etc').safe).toBe(false);
});

test.each([
  ['echo "a', 'Syntax error at line 1, column 6: unterminated double quote'],
  ['ls\nif true; then', 'line 2'],
  ['ls )', "unexpected token ')'"],
  ['echo $(ls', 'unterminated'],
  ['echo $(if)', 'line 1'],
  ["bash -c 'if true'", 'in a command inside the command'],
])('reports the position of the syntax error in %j', (command, message) => {
  expect(analyse(command).faults.join('\n')).toContain(message);
});

test('a shebang line does not hide a dangerous command', () => {
  for (const line of ['/bin/sh', '/bin/bash -e', '/usr/bin/env python3', '/no/such/interpreter', ''])
    for (const end of ['\n', '\r\n']) {
      expect(analyse(`#!${line}${end}rm -rf /${end}`).safe).toBe(false);
      expect(analyse(`#!${line}${end}ls${end}`)).toMatchObject({ safe: true, warnings: [] });
    }
  expect(analyse('#!/usr/bin/env -S rm -rf /\n').safe).toBe(false);
  expect(analyse('#!/usr/bin/env -S sh -c "rm -rf /"').safe).toBe(false);
  expect(analyse("#!/bin/it's\nls").faults).toEqual([]);
});

test('CRLF line ends do not hide a dangerous command', () => {
  expect(analyse('rm -rf /\r\n').safe).toBe(false);
  expect(analyse('ls\r\nrm -rf /etc\r\nls').safe).toBe(false);
});

test('a script for another interpreter than a shell is not checked for shell syntax', () => {
  const text = 'def f(x):\n    return x)\n';
  expect(analyse(`#!/usr/bin/env python3\n${text}`).faults).toEqual([]);
  expect(analyse(`#!/usr/bin/env -S bash -e\n${text}`).faults.join()).toContain('line 2');
  expect(analyse(`#!/bin/sh\n${text}`).faults.join()).toContain('line 2');
});

test('the text for a program that is no shell known here is not parsed, and says so', () => {
  const python = 'def f(x):\n    return x)\n';
  for (const shell of ['python3', '/usr/bin/perl', 'zsh', 'fish', '/opt/own-shell']) {
    expect(analyse(python, { shell })).toMatchObject({ faults: [], safe: true });
    expect(analyse(python, { shell }).unchecked.join()).toContain(shell);
    expect(analyse('rm -rf /', { shell }).safe).toBe(false);
  }
  for (const shell of ['sh', 'bash', '/usr/local/bin/bash', 'dash']) {
    expect(analyse(python, { shell }).faults).not.toEqual([]);
    expect(analyse('ls', { shell }).unchecked).toEqual([]);
  }
  expect(analyse(`#!/usr/bin/env python3\n${python}`).unchecked.join()).toContain('/usr/bin/env');
  expect(analyse(`#!/bin/bash\nls`, { shell: 'python3' }).unchecked).toEqual([]);
});

test.each([
  ['[[ -e x ]]', '[['],
  ['list=(a b); echo "${list[0]}"', 'NAME=('],
  ['diff <(ls a) <(ls b)', '<('],
  ['cat <<< text', '<<<'],
  ['for ((i = 0; i < 3; i++)); do echo "$(( i ))"; done', 'for (('],
])('what only bash knows is no error, and a warning where sh runs it: %s', (command, written) => {
  for (const shell of ['bash', '/bin/bash'])
    expect(analyse(command, { shell })).toMatchObject({ faults: [], safe: true, warnings: [] });
  const { faults, safe, warnings } = analyse(command);
  expect({ faults, safe }).toEqual({ faults: [], safe: true });
  expect(warnings.join()).toContain(`run by sh: ${written}`);
});

test('takes the variables of the environment and the list of safe folders into account', () => {
  expect(analyse('$X -rf $Y', { environment: { X: 'rm', Y: '/' } }).safe).toBe(false);
  expect(analyse('rm -rf /opt/builds/a').safe).toBe(false);
  expect(analyse('rm -rf /opt/builds/a', { safeFolders: ['/opt/builds'] }).safe).toBe(true);
  expect(analyse('rm -rf /opt/builds/../x', { safeFolders: ['/opt/builds'] }).safe).toBe(false);
});

test('reports endless expansions as too complex', () => {
  for (const command of [
    'sh -c "$('.repeat(200),
    `${'sudo '.repeat(5000)}ls`,
    'eval "$X"; '.repeat(20_000),
    Array.from({ length: 12 }, (_, i) => `f${i}() { f${i + 1}; f${i + 1}; f${i + 1}; f${i + 1}; }`).join(
      '\n',
    ) + '\nf0',
  ]) {
    expect(analyse(command).warnings).toContain('Command is too complex to be checked');
  }
});

/** A generator of its own, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const fragments = [
  'rm',
  '-rf',
  '/',
  '/etc',
  '$(',
  '${',
  '"',
  "'",
  '`',
  ')',
  '}',
  '{',
  '(',
  '|',
  '&',
  ';',
  '\n',
  '<<A',
  '<(',
  '>',
  '((',
  '))',

  '[[',
  ']]',
  'if',
  'then',
  'fi',
  'for',
  'in',
  'do',
  'done',
  'case',
  'esac',
  'f()',
  'eval',
  'sh -c',
  'xargs',
  'find',
  '-exec',
  '{}',

  '\\',
  '*',
  '?',
  '~',
  '$X',
  'X=',
  '{a,b}',
  '!',
  '#',
  '\uE000',
  '\uE001',
  '\uD800',
  '%s',
  'printf',
  'sudo',
  'env',
  '-S',
  'set --',
  '$@',
];

test('never throws, for any random input', () => {
  const next = random(42);
  for (let round = 0; round < 3000; round += 1) {
    const length = 1 + Math.floor(next() * 40);
    const glue = next() < 0.5 ? ' ' : '';
    const command =
      round % 3 === 0
        ? Buffer.from(Array.from({ length }, () => Math.floor(next() * 256))).toString('latin1')
        : Array.from({ length }, () => fragments[Math.floor(next() * fragments.length)]).join(glue);
    expect(() => analyse(command)).not.toThrow();
  }
});
