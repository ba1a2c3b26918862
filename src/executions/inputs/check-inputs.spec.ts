import { describe, expect, test } from 'vitest';
import { AppError } from '../../common/errors.js';
import { checkInputs, inputVariables, secretMask } from './check-inputs.js';
import { inputDeclarations, type InputDeclaration } from './input-declarations.js';

const declare = (...inputs: object[]): InputDeclaration[] => inputDeclarations.parse(inputs);
const faults = (...inputs: object[]): string[] =>
  inputDeclarations
    .safeParse(inputs)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

function fieldOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${String(error.details['field'])}`;
    throw error;
  }
  return 'accepted';
}

describe('declarations', () => {
  test.each([
    [{ name: '1st' }, /^0\.name: Name inputs/],
    [{ name: 'a', type: 'choice' }, /^0\.choices: Name the values/],
    [{ name: 'a', choices: ['x'] }, /^0\.choices: Only a choice/],
    [{ name: 'a', type: 'choice', choices: ['x', 'x'] }, /^0\.choices: Name each value once/],
    [{ name: 'a', type: 'choice', choices: ['x'], default: 'y' }, /^0\.default: must be one of x/],
    [{ name: 'a', type: 'number', default: 'many' }, /^0\.default: must be a number/],
    [{ name: 'a', type: 'number', pattern: '1' }, /^0\.pattern: Only a string/],
    [{ name: 'a', pattern: '(' }, /^0\.pattern: is not a pattern/],
    [{ name: 'a', pattern: '(?<=x)y' }, /^0\.pattern: is not a pattern/],
    [{ name: 'a', type: 'secret', default: 'swordfish' }, /^0\.default: A secret has no default/],
    [{ name: 'a', pattern: '(x{600}){2}y{600}' }, /./],
    [{ name: 'a', odd: 1 }, /Unrecognized key/],
  ])('%j is refused', (input, fault) => {
    expect(faults(input)[0]).toMatch(fault);
  });

  test('two names may not become one variable', () => {
    expect(faults({ name: 'Target' }, { name: 'TARGET' })).toEqual(['1.name: Another input has this name']);
  });

  test('are bounded in number and size', () => {
    const many = Array.from({ length: 51 }, (_, index) => ({ name: `n${index}` }));
    expect(faults(...many)).toEqual([': must not have more than 50 inputs']);
    const large = Array.from({ length: 50 }, (_, index) => ({
      name: `n${index}`,
      description: 'é'.repeat(1000),
    }));
    expect(faults(...large, { name: 'x' })).toHaveLength(1);
    const choices = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(900, '-'));
    expect(faults({ name: 'a', type: 'choice', choices })[0]).toMatch(/must not exceed/);
  });
});

describe('values', () => {
  const declared = declare(
    { name: 'text' },
    { name: 'count', type: 'number', default: 3 },
    { name: 'dry', type: 'boolean' },
    { name: 'stage', type: 'choice', choices: ['test', 'live'] },
    { name: 'version', pattern: 'v[0-9]+' },
    { name: 'token', type: 'secret' },
  );

  test('are read as their type, with defaults, and secrets apart', () => {
    const given = { text: 7, dry: 'true', stage: 'live', version: 'v12', token: 'swordfish' };
    expect(checkInputs(declared, given)).toEqual({
      values: { text: '7', count: 3, dry: true, stage: 'live', version: 'v12', token: secretMask },
      secrets: { token: 'swordfish' },
    });
  });

  test.each([
    [{ other: 1 }, 'inputs.other'],
    [{ count: 'many' }, 'inputs.count'],
    [{ count: '' }, 'inputs.count'],
    [{ dry: 'yes' }, 'inputs.dry'],
    [{ stage: 'prod' }, 'inputs.stage'],
    [{ version: 'xv1' }, 'inputs.version'],
    [{ version: 'v1\n' }, 'inputs.version'],
    [{ token: 'abc' }, 'inputs.token'],
    [{ text: 'a\0b' }, 'inputs.text'],
    [{ text: '\ud800' }, 'inputs.text'],
    [{ text: 'x'.repeat(100 * 1024 + 1) }, 'inputs.text'],
    [{ constructor: 'x' }, 'inputs.constructor'],
  ])('%j is refused with its field', (given, field) => {
    expect(fieldOf(() => checkInputs(declared, given as Record<string, string>))).toBe(
      `VALIDATION_ERROR ${field}`,
    );
  });

  test('may be required, and a value of 100 KiB is one', () => {
    const required = declare({ name: 'a', required: true });
    expect(fieldOf(() => checkInputs(required, {}))).toBe('VALIDATION_ERROR inputs.a');
    expect(fieldOf(() => checkInputs(required, { a: 'x'.repeat(100 * 1024) }))).toBe('accepted');
  });

  test('are bounded in all', () => {
    const many = declare(...Array.from({ length: 6 }, (_, index) => ({ name: `n${index}` })));
    const values = Object.fromEntries(many.map(({ name }) => [name, 'x'.repeat(100 * 1024)]));
    expect(fieldOf(() => checkInputs(many, values))).toBe('VALIDATION_ERROR inputs');
  });

  test('a pattern that would take too long over a value is said not to be compared', () => {
    const slow = declare({ name: 'a', pattern: '(?:a?){500}' });
    expect(fieldOf(() => checkInputs(slow, { a: 'a'.repeat(100 * 1024) }))).toBe('VALIDATION_ERROR inputs.a');
    expect(checkInputs(slow, { a: 'aaa' }).values).toEqual({ a: 'aaa' });
  });

  test('become variables as they are', () => {
    expect(inputVariables({ text: `'"$(x)\n`, count: 3, dry: false })).toEqual({
      INPUT_TEXT: `'"$(x)\n`,
      INPUT_COUNT: '3',
      INPUT_DRY: 'false',
    });
  });
});
