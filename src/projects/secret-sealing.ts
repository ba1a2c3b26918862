import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { nilId } from '../common/ids.js';
import { Keyring, placeOfInputs, placeOfSecret, placeOfTrigger, placeOfWebhook } from '../common/keyring.js';
import { SealedError } from '../common/secret-box.js';
import { Database } from '../infra/database.js';
import { Infrastructure } from '../infra/infrastructure.js';
import { IntervalJob } from '../infra/interval-job.js';

const rowsAtOnce = 100;

/** A table with encrypted values, and how one of its rows is encrypted with the current key. */
interface SealedTable<Row> {
  /** Locks a batch of rows after a cursor that are not encrypted with the key $1. Rows that are locked already are left to a later run. */
  select: string;
  placeOf: (row: Row) => unknown[];
  first: unknown[];
  update: string;
  seal: (row: Row, keyring: Keyring) => unknown[];
}

interface SecretRow extends Record<string, unknown> {
  project_id: string;
  name: string;
  sealed: Buffer;
}

const projectSecrets: SealedTable<SecretRow> = {
  select: `SELECT project_id, name, sealed FROM project_secrets
            WHERE (project_id, name) > ($2, $3) AND substring(sealed FROM 1 FOR 4) <> $1
            ORDER BY project_id, name LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED`,
  first: [nilId, ''],
  placeOf: ({ project_id, name }) => [project_id, name],
  update: 'UPDATE project_secrets SET sealed = $3 WHERE project_id = $1 AND name = $2',
  seal: ({ project_id, name, sealed }, keyring) => {
    const place = placeOfSecret(project_id, name);
    return [project_id, name, keyring.seal(place, keyring.open(place, sealed))];
  },
};

interface WebhookRow extends Record<string, unknown> {
  id: string;
  secret: string | null;
  sealed_secret: Buffer | null;
  previous_secret: string | null;
  sealed_previous_secret: Buffer | null;
}

const webhooks: SealedTable<WebhookRow> = {
  // plain values were stored by an older version, which may still run in another process
  select: `SELECT id, secret, sealed_secret, previous_secret, sealed_previous_secret FROM webhooks
            WHERE id > $2 AND (secret IS NOT NULL OR previous_secret IS NOT NULL OR substring(sealed_secret FROM 1 FOR 4) <> $1
              OR substring(sealed_previous_secret FROM 1 FOR 4) <> $1)
            ORDER BY id LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED`,
  first: [nilId],
  placeOf: ({ id }) => [id],
  update: `UPDATE webhooks SET secret = NULL, previous_secret = NULL, sealed_secret = $2,
                  sealed_previous_secret = CASE WHEN previous_secret_expires_at > now() THEN $3::bytea END
            WHERE id = $1`,
  seal: (row, keyring) => {
    const place = placeOfWebhook(row.id);
    const again = (plain: string | null, sealed: Buffer | null) => {
      const value = plain ?? (sealed === null ? null : keyring.open(place, sealed));
      return value === null ? null : keyring.seal(place, value);
    };
    return [
      row.id,
      again(row.secret, row.sealed_secret),
      again(row.previous_secret, row.sealed_previous_secret),
    ];
  },
};

interface InputsRow extends Record<string, unknown> {
  id: string;
  sealed: Buffer;
}

const inputSecrets: SealedTable<InputsRow> = {
  select: `SELECT id, sealed FROM input_secrets WHERE id > $2 AND substring(sealed FROM 1 FOR 4) <> $1
            ORDER BY id LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED`,
  first: [nilId],
  placeOf: ({ id }) => [id],
  update: 'UPDATE input_secrets SET sealed = $2 WHERE id = $1',
  seal: ({ id, sealed }, keyring) => {
    const place = placeOfInputs(id);
    return [id, keyring.seal(place, keyring.open(place, sealed))];
  },
};

interface TriggerRow extends Record<string, unknown> {
  id: string;
  sealed_token: Buffer;
  sealed_secret: Buffer | null;
}

const triggers: SealedTable<TriggerRow> = {
  select: `SELECT id, sealed_token, sealed_secret FROM triggers
            WHERE id > $2 AND (substring(sealed_token FROM 1 FOR 4) <> $1 OR substring(sealed_secret FROM 1 FOR 4) <> $1)
            ORDER BY id LIMIT ${rowsAtOnce} FOR UPDATE SKIP LOCKED`,
  first: [nilId],
  placeOf: ({ id }) => [id],
  update: 'UPDATE triggers SET sealed_token = $2, sealed_secret = $3 WHERE id = $1',
  seal: ({ id, sealed_token, sealed_secret }, keyring) => {
    const place = placeOfTrigger(id);
    const again = (sealed: Buffer) => keyring.seal(place, keyring.open(place, sealed));
    return [id, again(sealed_token), sealed_secret && again(sealed_secret)];
  },
};

/**
 * Encrypts values with the current key that are plain or encrypted with the previous key: at every start and at intervals, in small
 * steps. Several processes may do it at the same time.
 */
@Injectable()
export class SecretSealing implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly job = new IntervalJob((signal) => this.sealAll(signal));

  constructor(
    private readonly keyring: Keyring,
    private readonly database: Database,
    private readonly infrastructure: Infrastructure,
  ) {}

  onApplicationBootstrap(): void {
    const { role, config } = this.infrastructure;
    // workers do not encrypt, since a worker may lack the current key
    if (role !== 'worker') this.job.start(config.HOUSEKEEPING_SECONDS * 1000, { atOnce: true });
  }

  onApplicationShutdown(): Promise<void> {
    return this.job.stop();
  }

  private async sealAll(signal: AbortSignal): Promise<void> {
    const { logger } = this.infrastructure;
    try {
      const counts = [
        await this.sealTable(projectSecrets, signal),
        await this.sealTable(inputSecrets, signal),
        await this.sealTable(webhooks, signal),
        await this.sealTable(triggers, signal),
      ];
      const sealed = counts.reduce((sum, table) => sum + table.sealed, 0);
      if (sealed > 0) logger.info({ secrets: sealed }, 'secrets were sealed with the present SECRETS_KEY');
      const unopened = counts.reduce((sum, table) => sum + table.unopened, 0);
      if (unopened > 0)
        logger.error(
          { secrets: unopened },
          'secrets in the database were sealed with another SECRETS_KEY: give it as SECRETS_KEY_PREVIOUS, or set them again',
        );
    } catch (error) {
      logger.warn({ err: error }, 'secrets could not be sealed');
    }
  }

  private async sealTable<Row extends Record<string, unknown>>(
    table: SealedTable<Row>,
    signal: AbortSignal,
  ): Promise<{ sealed: number; unopened: number }> {
    const counts = { sealed: 0, unopened: 0 };
    let place: unknown[] | undefined = table.first;
    while (place !== undefined && !signal.aborted) {
      const after: unknown[] = place;
      place = await this.database.transaction(async (tx) => {
        const rows = await tx.query<Row>(table.select, [this.keyring.presentId, ...after]);
        const sealed = rows.flatMap((row) => this.sealRow(table, row) ?? []);
        for (const values of sealed) await tx.query(table.update, values.values);
        counts.sealed += sealed.length;
        counts.unopened += rows.length - sealed.length;
        const last = rows.at(-1);
        return last !== undefined && rows.length === rowsAtOnce ? table.placeOf(last) : undefined;
      });
    }
    return counts;
  }

  private sealRow<Row>(table: SealedTable<Row>, row: Row): { values: unknown[] } | undefined {
    try {
      return { values: table.seal(row, this.keyring) };
    } catch (error) {
      if (error instanceof SealedError) return undefined;
      throw error;
    }
  }
}
