import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors.js';
import { Keyring, placeOfInputs } from '../common/keyring.js';
import { checkInputs, secretMask } from '../executions/inputs/check-inputs.js';
import type { InputDeclaration, InputValues } from '../executions/inputs/input-declarations.js';
import { SecretsService } from '../projects/secrets.service.js';
import type { Schedule } from './schedule.entity.js';

/** The inputs of a schedule as they are stored. */
type StoredInputs = Pick<Schedule, 'id' | 'inputs' | 'sealed_inputs'>;

/** What a schedule runs, and the inputs that this takes. */
interface Declared {
  task_id: string | null;
  inputs: readonly InputDeclaration[];
}

/** Keeps the inputs of schedules: those of secrets encrypted, and a mask in their place. */
@Injectable()
export class ScheduleInputs {
  constructor(
    private readonly keyring: Keyring,
    private readonly secrets: SecretsService,
  ) {}

  /**
   * Checks inputs and seals those of secrets. The mask of a secret keeps the secret, as long as it is given to a secret of the same task:
   * an input of another kind would show it, and another task may do so.
   * @param before what is stored; absent for a new schedule
   * @throws VALIDATION_ERROR with the field `inputs.NAME`, SECRETS_UNPROTECTED
   */
  async seal(
    id: string,
    { task_id, inputs: declared }: Declared,
    given: InputValues,
    before?: StoredInputs & Pick<Schedule, 'task_id'>,
  ): Promise<Pick<Schedule, 'inputs' | 'sealed_inputs'>> {
    const known = before ? this.open(before) : {};
    const secretNames = new Set(declared.filter(({ type }) => type === 'secret').map(({ name }) => name));
    const isSameTask = before?.task_id === task_id;
    const lost = Object.keys(known).find(
      (name) => given[name] === secretMask && !(isSameTask && secretNames.has(name)),
    );
    if (lost !== undefined)
      throw new AppError('VALIDATION_ERROR', {
        field: `inputs.${lost}`,
        issue: 'Send the value: a stored secret is kept only for a secret input of the same task',
      });
    const values = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        value === secretMask && Object.hasOwn(known, name) ? known[name]! : value,
      ]),
    );
    const { secrets } = checkInputs(declared, values);
    const isSecret = (name: string) => Object.hasOwn(secrets, name);
    if (Object.keys(secrets).length === 0) return { inputs: values, sealed_inputs: null };
    await this.secrets.refuseUnprotected();
    return {
      inputs: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, isSecret(name) ? secretMask : value]),
      ),
      sealed_inputs: this.keyring.seal(placeOfInputs(id), JSON.stringify(secrets)),
    };
  }

  /**
   * Reads the inputs for a run. A secret is given to a secret only: the run of an input that is not secret any more would show it.
   * @param declared the inputs that the task takes
   * @throws VALIDATION_ERROR when an input is not secret any more; SealedError when this process does not have the key
   */
  forRun(stored: StoredInputs, declared: readonly InputDeclaration[]): InputValues {
    const secrets = this.open(stored);
    const shown = declared.find(({ name, type }) => type !== 'secret' && Object.hasOwn(secrets, name));
    if (shown)
      throw new AppError('VALIDATION_ERROR', {
        field: `inputs.${shown.name}`,
        issue: 'The task does not take it as a secret any more',
      });
    return { ...stored.inputs, ...secrets };
  }

  private open({ id, sealed_inputs }: StoredInputs): Record<string, string> {
    if (sealed_inputs === null) return {};
    return JSON.parse(this.keyring.open(placeOfInputs(id), sealed_inputs)) as Record<string, string>;
  }
}
