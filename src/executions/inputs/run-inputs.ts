import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors.js';
import { SealedError } from '../../common/secret-box.js';
import type { Queryable, Transaction } from '../../infra/database.js';
import { SecretsService } from '../../projects/secrets.service.js';
import type { Execution } from '../execution.entity.js';
import type { InputDeclaration, InputValues } from './input-declarations.js';
import { InputSecrets } from './input-secrets.js';

/** Stores the inputs of new runs, and finds those of earlier ones. */
@Injectable()
export class RunInputs {
  constructor(
    private readonly stored: InputSecrets,
    private readonly secrets: SecretsService,
  ) {}

  /**
   * Stores the values of secret inputs.
   * @returns the id to refer to them by; null when there are none
   * @throws SECRETS_UNPROTECTED when no worker keeps them from the commands of other projects
   */
  async store(tx: Transaction, projectId: string, values: Record<string, string>): Promise<string | null> {
    if (Object.keys(values).length > 0) await this.secrets.refuseUnprotected();
    return this.stored.store(tx, projectId, values);
  }

  /**
   * Finds the inputs of a run that is to be repeated, as far as its task still takes them. A secret is taken for a secret only: the run of
   * an input that is not secret any more would show it.
   * @throws VALIDATION_ERROR when secrets of it cannot be read any more
   */
  async ofLast(
    db: Queryable,
    declared: readonly InputDeclaration[],
    last: Pick<Execution, 'inputs' | 'secret_inputs_id'>,
  ): Promise<InputValues> {
    const secrets = last.secret_inputs_id === null ? {} : await this.open(db, last.secret_inputs_id);
    const values: InputValues = {};
    for (const { name, type } of declared) {
      const from = type === 'secret' ? secrets : last.inputs;
      const wasSecret = type !== 'secret' && Object.hasOwn(secrets, name);
      if (!wasSecret && Object.hasOwn(from, name)) values[name] = from[name]!;
    }
    return values;
  }

  private async open(db: Queryable, id: string): Promise<Record<string, string>> {
    const again = new AppError('VALIDATION_ERROR', {
      field: 'inputs',
      issue: 'The secret inputs of the last run are not stored any more: send the inputs again',
    });
    try {
      const values = await this.stored.open(db, id);
      if (values) return values;
    } catch (error) {
      throw error instanceof SealedError ? again : error;
    }
    throw again;
  }
}
