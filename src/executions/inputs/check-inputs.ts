import { AppError } from '../../common/errors.js';
import {
  mostBytesInAll,
  mostSecretBytes,
  type InputDeclaration,
  type InputValues,
} from './input-declarations.js';
import { PatternMatches } from './input-pattern.js';
import { readValue } from './input-value.js';

/** What stands for the value of a secret where everybody who sees the run may read it. */
export const secretMask = '***';

/** The checked values of a run's inputs. */
export interface CheckedInputs {
  /** The values that everybody who sees the run may read; a mask for those of secrets. */
  values: InputValues;
  /** The values of secrets. */
  secrets: Record<string, string>;
}

export const noInputs: CheckedInputs = { values: {}, secrets: {} };

/**
 * Checks the values that are given for the inputs of a task, and adds the defaults of those that are not.
 * @param given values by the name of the input; numbers and booleans may be written as strings, as a command line sends them
 * @param matches for a check that is repeated: values that were compared with a pattern are not compared again
 * @throws VALIDATION_ERROR with the field `inputs.NAME`, never with the value
 */
export function checkInputs(
  declared: readonly InputDeclaration[],
  given: InputValues,
  matches = new PatternMatches(),
): CheckedInputs {
  const names = new Set(declared.map(({ name }) => name));
  const unknown = Object.keys(given).find((name) => !names.has(name));
  if (unknown !== undefined) throw refused(unknown, 'The task has no such input');
  const checked: CheckedInputs = { values: {}, secrets: {} };
  let bytes = 0;
  let secretBytes = 0;
  for (const input of declared) {
    const value = Object.hasOwn(given, input.name) ? given[input.name]! : input.default;
    if (value === null) {
      if (input.required) throw refused(input.name, 'The input is required');
      continue;
    }
    const read = readValue(input, value, matches);
    if ('fault' in read) throw refused(input.name, read.fault);
    const size = Buffer.byteLength(String(read.value));
    bytes += size;
    checked.values[input.name] = input.type === 'secret' ? secretMask : read.value;
    if (input.type !== 'secret') continue;
    secretBytes += size;
    checked.secrets[input.name] = String(read.value);
  }
  if (bytes > mostBytesInAll) throw refused(undefined, `must not exceed ${mostBytesInAll} bytes in all`);
  if (secretBytes > mostSecretBytes)
    throw refused(undefined, `Secrets must not exceed ${mostSecretBytes} bytes in all`);
  return checked;
}

/** The name of the environment variable in which a command finds an input. */
export const variableOf = (name: string): string => `INPUT_${name.toUpperCase()}`;

/** The environment variables of inputs. Strings are passed as they are; nothing is ever pasted into the text of a command. */
export function inputVariables(values: InputValues): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [variableOf(name), String(value)] as const),
  );
}

function refused(name: string | undefined, issue: string): AppError {
  return new AppError('VALIDATION_ERROR', {
    field: name === undefined ? 'inputs' : `inputs.${name}`,
    issue,
  });
}

/** The variables of inputs as the check of a command sees them: without those of secrets, whose values are nobody's to analyse. */
export function checkedVariables({ values, secrets }: CheckedInputs): Record<string, string> {
  return inputVariables(Object.fromEntries(Object.entries(values).filter(([name]) => !(name in secrets))));
}
