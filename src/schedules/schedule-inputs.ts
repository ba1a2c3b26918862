import { Injectable } from '@nestjs/common';
import { stringify } from 'safe-stable-stringify';
import { AppError } from '../common/errors.js';
import { Keyring, placeOfInputs } from '../common/keyring.js';
import { checkInputs, secretMask } from '../executions/inputs/check-inputs.js';
import type { InputDeclaration, InputValues } from '../executions/inputs/input-declarations.js';
import { SecretsService } from '../projects/secrets.service.js';
import type { Schedule } from './schedule.entity.js';

/** The inputs of a schedule as they are stored. */
type StoredInputs = Pick<Schedule, 'id' | 'inputs' | 'sealed_inputs'>;

/** What a schedule runs. */
export type Target = Pick<Schedule, 'task_id' | 'template'>;

/** What a schedule runs, and the inputs that this takes. */
interface Declared extends Target {
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
   * Checks inputs and seals those of secrets. The mask of a secret keeps the secret, as long as it is given to a secret of the same task
   * or of a template with the same command: an input of another kind would show it, and another command may do so.
   * @param before what is stored; absent for a new schedule
   * @throws VALIDATION_ERROR with the field `inputs.NAME`, SECRETS_UNPROTECTED
   */
  async seal(
    id: string,
    { inputs: declared, ...target }: Declared,
    given: InputValues,
    before?: StoredInputs & Target,
  ): Promise<Pick<Schedule, 'inputs' | 'sealed_inputs'>> {
    const known = before ? this.open(before) : {};
    const secretNames = new Set(declared.filter(({ type }) => type === 'secret').map(({ name }) => name));
    const isSame = before !== undefined && runsTheSame(before, target);
    const lost = Object.keys(known).find(
      (name) => given[name] === secretMask && !(isSame && secretNames.has(name)),
    );
    if (lost !== undefined)
      throw new AppError('VALIDATION_ERROR', {
        field: `inputs.${lost}`,
        issue: 'Send the value: a stored secret is kept only for a secret input of the same task or command',
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

/** The fields of a template that say what its secrets are given to. */
const commandFields = ['command', 'shell', 'working_directory', 'environment'] as const;

/** Whether what a schedule runs is the same task, or a task of a template with the same command. */
export function runsTheSame(before: Target, after: Target): boolean {
  if (before.task_id !== after.task_id) return false;
  // what a template does not name is null, or empty for the environment
  const commandOf = ({ template }: Target) =>
    stringify(commandFields.map((field) => template?.[field] ?? (field === 'environment' ? {} : null)));
  return commandOf(before) === commandOf(after);
}
