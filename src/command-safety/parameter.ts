import type { ParameterExpansionPart, Word } from 'unbash';
import { fieldBreak, unknown, type Scope } from './scope.js';

/** Returns the possible values of `$name`. */
function plain(name: string, scope: Scope): readonly string[] {
  const { positional, variables } = scope;
  if (name === '@' || name === '*') return [positional ? positional.join(fieldBreak) : unknown];
  if (name === '0') return variables.get('0') ?? ['sh'];
  if (/^\d+$/.test(name)) return [positional ? (positional[Number(name) - 1] ?? '') : unknown];
  return variables.get(name) ?? [unknown];
}

/**
 * Returns the possible values of `$name` or `${name…}`.
 * @param part the parsed form with braces, which has the operation
 * @param read expands the operand of an operation
 */
export function parameterValues(
  name: string,
  scope: Scope,
  part?: ParameterExpansionPart,
  read: (word: Word) => readonly string[] = () => [unknown],
): readonly string[] {
  const values = plain(name, scope);
  if (!part)
    return values.map((value) => (name === '@' || name === '*' ? value : (value.split(fieldBreak)[0] ?? '')));
  const { prefix, index, operation } = part;
  if (prefix === '#') return [unknown];
  if (prefix === '!') return values.flatMap((value) => scope.variables.get(value) ?? [unknown]);
  const chosen = values.map((value) => element(value, name, index?.value));
  if (!operation) return chosen;
  const known = chosen.filter((value) => value !== '' && value !== unknown);
  if (operation.type === 'Default') {
    if (operation.operator.endsWith('+')) return ['', ...read(operation.operand)];
    // `${name:?}` ends the command when the value is empty
    if (operation.operator.endsWith('?')) return known.length > 0 ? known : [`value${unknown}`];
    return known.length > 0 ? known : read(operation.operand);
  }
  if (operation.type === 'Slice') {
    const offset = Number(operation.offset.value);
    const length = operation.length ? Number(operation.length.value) : undefined;
    if (!Number.isInteger(offset) || (length !== undefined && !(length >= 0))) return [unknown];
    return known.map((value) => value.slice(offset, length === undefined ? undefined : offset + length));
  }
  if (operation.type === 'CaseModification')
    return known.flatMap((value) => [value.toLowerCase(), value.toUpperCase()]);
  return [unknown];
}

/** Returns the element of an array at an index, all elements for `@` and `*`, or the first without an index. */
function element(value: string, name: string, index: string | undefined): string {
  if (index === '@' || index === '*' || name === '@' || name === '*') return value;
  const elements = value.split(fieldBreak);
  if (index === undefined) return elements[0] ?? '';
  return /^\d+$/.test(index) ? (elements[Number(index)] ?? '') : unknown;
}
