import { beforeAll, describe, expect, test } from 'vitest';
import { useSharedApp } from '../support/app.js';
import type { Client } from '../support/client.js';
import { data, run } from './steps.js';

const app = useSharedApp();
let person: Client;

beforeAll(async () => {
  person = await app.admin.createUser('developer');
});

describe('suggestions', () => {
  const suggest = async (query: Record<string, string>) =>
    (await data(200, person.get('/api/commands/suggestions', { query }))).suggestions;

  test('fit the context and begin with the prefix', async () => {
    const suggestions = await suggest({ context: 'git', prefix: 'git ' });
    expect(suggestions[0]).toEqual({
      command: 'git status',
      description: 'Show the working tree status',
      category: 'git',
    });
    expect(suggestions.length).toBeLessThanOrEqual(20);
    for (const { command, category } of suggestions) {
      expect(command.startsWith('git ')).toBe(true);
      expect(category).toBe('git');
    }
    expect((await suggest({})).length).toBe(20);
    expect((await suggest({ context: 'unheard of', prefix: 'docker ' })).length).toBeGreaterThan(5);
    expect(await suggest({ prefix: 'no such command' })).toEqual([]);
    expect(
      (await person.get('/api/commands/suggestions', { query: { prefix: 'x'.repeat(1025) } })).status,
    ).toBe(422);
  });

  test('include successful commands of the user, the most frequent first', async () => {
    for (const command of ['echo a%b', 'echo b', 'echo b', 'echo bad; false']) await run(person, command);
    expect(await suggest({ prefix: 'echo ' })).toEqual([
      { command: 'echo b', description: 'You have run this 2 times', category: 'history' },
      { command: 'echo a%b', description: 'You have run this once', category: 'history' },
    ]);
    expect(await suggest({ prefix: 'echo %' })).toEqual([]);
    const other = await app.admin.createUser('viewer');
    const theirs = await data(200, other.get('/api/commands/suggestions', { query: { prefix: 'echo ' } }));
    expect(theirs.suggestions).toEqual([]);
  });
});

describe('validate', () => {
  const validate = (command: string, fields: Record<string, unknown> = {}) =>
    data(200, person.post('/api/commands/validate', { command, check_safety: true, ...fields }));

  test('responds as the contract specifies', async () => {
    expect(await validate('rm -rf /')).toEqual({
      valid: false,
      safe: false,
      warnings: ['This command is potentially destructive', 'Command attempts to delete system files'],
      suggestions: [
        "Use 'rm -rf ./directory' to delete specific directory",
        "Use 'ls' to list files before deletion",
      ],
    });
    expect(await validate('echo "rm -rf /"')).toEqual({
      valid: true,
      safe: true,
      warnings: [],
      suggestions: [],
    });
    expect(await validate('rm -rf /', { check_safety: false })).toMatchObject({
      valid: true,
      safe: false,
      warnings: [],
    });
  });

  test('reports the position of a syntax error', async () => {
    const answer = await validate('echo "open');
    expect(answer).toMatchObject({ valid: false, safe: true });
    expect(answer.warnings).toEqual(['Syntax error at line 1, column 6: unterminated double quote']);
    expect(await validate('if true; then', { check_safety: false })).toMatchObject({ valid: false });
  });

  test('checks a script for another interpreter for danger, but not for shell syntax', async () => {
    const script = (last: string) => `#!/usr/bin/env python3\nprint("it's")\nif True:\n    ${last}\n`;
    const python = await validate(script('print(1)'));
    expect(python).toMatchObject({ valid: true, safe: true });
    expect(python.warnings).toEqual([expect.stringContaining('syntax was not checked')]);
    expect(await validate('#!/bin/sh\r\nrm -rf /\r\n')).toMatchObject({ valid: false, safe: false });
    expect(await validate('#!/opt/odd\nrm -rf /\n')).toMatchObject({ valid: false, safe: false });
  });

  test('does not block other requests during the analysis of a hostile command', async () => {
    let answered = false;
    const hard = validate('$(('.repeat(5_400)).finally(() => (answered = true));
    await data(200, person.get('/api/system/info'));
    expect(answered).toBe(false);
    // the warnings depend on how much was analysed within the time limit
    expect(await hard).toMatchObject({ valid: false });
    expect(await validate('ls')).toMatchObject({ valid: true, safe: true });
  });

  test.each([
    [{}],
    [{ command: '' }],
    [{ command: 'ä'.repeat(40_000) }],
    [{ command: 'a'.repeat(16_385) }],
    [{ command: 'ls', check_safety: 'yes' }],
  ])('refuses invalid body %#', async (body) => {
    expect((await person.post('/api/commands/validate', body)).status).toBe(422);
  });

  test('limits the concurrent requests of a user', async () => {
    const ask = (index: number) =>
      person.post('/api/commands/validate', { command: `${'$(('.repeat(5_400)}${index}` });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(index)));
    const statuses = new Set(answers.map(({ status }) => status));
    expect(statuses).toEqual(new Set([200, 429]));
    const { error } = answers.find(({ status }) => status === 429)!.body;
    expect(error).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', details: { waiting: 4 } });
  });
});

test('hostile commands do not block the commands of other users', async () => {
  const other = await app.admin.createUser('developer');
  let answered = 0;
  const hard = Array.from({ length: 10 }, async (_, index) => {
    const command = `echo ${index} ${'$(('.repeat(21_000)}`;
    const { status } = await person.post('/api/commands/execute', { command, stream_output: false });
    answered += 1;
    return status;
  });
  // sent behind them, and answered before them
  await data(200, person.get('/api/users/profile'));
  expect(await run(other, 'echo quick')).toMatchObject({ status: 'completed' });
  expect(answered).toBeLessThan(10);
  await Promise.all(hard);
});
