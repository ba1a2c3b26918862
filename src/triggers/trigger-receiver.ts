import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Actors } from '../auth/actors.js';
import { urlsOf, UrlTokens } from '../auth/url-tokens.js';
import { AppError } from '../common/errors.js';
import { newId } from '../common/ids.js';
import { Keyring, placeOfTrigger } from '../common/keyring.js';
import type { Actor } from '../common/permissions.js';
import { requirePermission } from '../common/require-permission.js';
import { hashOfToken, isWellFormed } from '../credentials/token-format.js';
import { priorities } from '../executions/executions.schema.js';
import { storePayload } from '../executions/run-payload.queries.js';
import { Database, type Queryable } from '../infra/database.js';
import { Maintenance } from '../infra/maintenance.js';
import { RequestTurns } from '../request-limits/request-turns.js';
import { ProjectAccess } from '../projects/project-access.js';
import { TaskExecutionService } from '../tasks/task-execution.service.js';
import { inputsOf, leftOut, readDeliveryId, readMessage, type Message } from './message.js';
import { signatureOf } from './message-signature.js';
import type { TriggerDelivery } from './trigger-delivery.entity.js';
import type { Trigger } from './trigger.entity.js';
import type { TriggerAnswer } from './triggers.schema.js';

type KnownTrigger = Trigger & { account_id: string } & Record<string, unknown>;
type DeliveryRow = TriggerDelivery & Record<string, unknown>;
type Outcome = Pick<TriggerDelivery, 'outcome' | 'reason' | 'message' | 'execution_id'>;

/** The delivery is known: another request with its id was faster. */
class KnownDelivery extends Error {}

/** Takes the messages that are sent to triggers, and runs their tasks. */
@Injectable()
export class TriggerReceiver {
  constructor(
    private readonly database: Database,
    private readonly actors: Actors,
    private readonly projects: ProjectAccess,
    private readonly runs: TaskExecutionService,
    private readonly keyring: Keyring,
    private readonly maintenance: Maintenance,
    private readonly turns: RequestTurns,
    urlTokens: UrlTokens,
  ) {
    urlTokens.lookUpWith(async (token) => {
      const found = await this.find(token);
      return found && { id: found.id, accountId: found.account_id };
    });
  }

  /**
   * Takes a message. The same delivery id again gives the first answer; it is part of the transaction that queues the run, so that a
   * message which is sent twice runs the task once.
   * @param token the token of the URL
   * @throws RESOURCE_NOT_FOUND, TRIGGER_SIGNATURE_INVALID, VALIDATION_ERROR for an input, SYSTEM_MAINTENANCE, QUEUE_FULL, RATE_LIMIT_EXCEEDED
   */
  async receive(token: string, body: Buffer, headers: IncomingHttpHeaders): Promise<TriggerAnswer> {
    const trigger = await this.find(token);
    if (!trigger) throw new AppError('RESOURCE_NOT_FOUND');
    // messages to all triggers of an account share its turns, apart from those of its own requests
    const turn = { id: urlsOf({ accountId: trigger.account_id }) };
    return this.turns.take(turn, () => this.accept(trigger, body, headers));
  }

  private async accept(trigger: Trigger, body: Buffer, headers: IncomingHttpHeaders): Promise<TriggerAnswer> {
    const message = readMessage(body, headers);
    if (trigger.sealed_secret) {
      const secret = this.keyring.open(placeOfTrigger(trigger.id), trigger.sealed_secret);
      const signed = signatureOf(body, message.headers, secret);
      if (!signed) throw await this.refused(trigger, message, new AppError('TRIGGER_SIGNATURE_INVALID'));
      // the id that is signed cannot be exchanged to run the task again
      if (signed.deliveryId !== undefined) message.deliveryId = readDeliveryId(signed.deliveryId);
    }
    const known = await this.known(trigger, message);
    if (known) return answerOf(trigger, known);
    if (!trigger.enabled)
      return this.answerSkipped(trigger, message, 'TRIGGER_DISABLED', 'The trigger is switched off');
    const why = leftOut(trigger.filter, message);
    if (why !== undefined) return this.answerSkipped(trigger, message, 'TRIGGER_FILTERED', why);
    await this.refuseInMaintenance();
    try {
      return await this.run(trigger, message, await this.makerOf(trigger));
    } catch (error) {
      return this.failed(trigger, message, error);
    }
  }

  /** Finds the trigger of a token, with the account of its maker. */
  private async find(token: string): Promise<KnownTrigger | undefined> {
    if (!isWellFormed(token)) return undefined;
    const [row] = await this.database.query<KnownTrigger>(
      `SELECT t.*, COALESCE(u.account_id, t.created_by) AS account_id
         FROM triggers t LEFT JOIN users u ON u.id = t.created_by WHERE t.token_hash = $1`,
      [hashOfToken(token)],
    );
    return row;
  }

  /** @throws MAKER_DISABLED, PROJECT_ARCHIVED */
  private async makerOf({ created_by, project_id }: Trigger): Promise<Actor> {
    try {
      const actor = await this.actors.ofMaker(created_by, project_id);
      requirePermission(actor, 'execute');
      await this.projects.require(actor, project_id, 'execute');
      return actor;
    } catch (error) {
      if (error instanceof AppError && error.status < 500 && error.code !== 'PROJECT_ARCHIVED')
        throw new AppError('MAKER_DISABLED');
      throw error;
    }
  }

  private async run(trigger: Trigger, message: Message, actor: Actor): Promise<TriggerAnswer> {
    const payloadId = newId();
    let delivery: DeliveryRow | undefined;
    await this.runs.execute(
      actor,
      trigger.task_id,
      {
        priority: priorities[trigger.queue] ?? 'normal',
        options: {},
        inputs: inputsOf(trigger.inputs_from, message.json),
      },
      {
        origin: { type: 'trigger', id: trigger.id },
        payloadId,
        within: async (tx, execution_id) => {
          await storePayload(tx, payloadId, trigger.project_id, message);
          const fired = { outcome: 'fired', reason: null, message: null, execution_id } as const;
          delivery = await insertDelivery(tx, trigger, message, fired);
          if (!delivery) throw new KnownDelivery();
        },
      },
    );
    return answerOf(trigger, delivery!);
  }

  /** Answers a message whose task could not be run: what will not change by itself is skipped, and the rest is for its sender to repeat. */
  private async failed(trigger: Trigger, message: Message, error: unknown): Promise<TriggerAnswer> {
    if (error instanceof KnownDelivery) return answerOf(trigger, (await this.known(trigger, message))!);
    if (!(error instanceof AppError)) throw error;
    const isForSender = error.status >= 500 || error.status === 429 || error.code.startsWith('VALIDATION_');
    if (isForSender) throw await this.refused(trigger, message, error);
    return this.answerSkipped(trigger, message, error.code, error.message);
  }

  private async answerSkipped(
    trigger: Trigger,
    message: Message,
    reason: string,
    words: string,
  ): Promise<TriggerAnswer> {
    const skipped = { outcome: 'skipped', reason, message: words, execution_id: null } as const;
    const row = await insertDelivery(this.database, trigger, message, skipped);
    return answerOf(trigger, row ?? (await this.known(trigger, message))!);
  }

  /** Logs a message that is refused. It may be sent again, so its delivery is not known by its id. @returns the error */
  private async refused(trigger: Trigger, message: Message, error: AppError): Promise<AppError> {
    const { field, issue } = error.details as { field?: string; issue?: string };
    const words = field === undefined ? error.message : `${field}: ${issue ?? error.message}`;
    const refused = { outcome: 'refused', reason: error.code, message: words, execution_id: null } as const;
    await insertDelivery(this.database, trigger, { ...message, deliveryId: undefined }, refused);
    return error;
  }

  private async known(trigger: Trigger, { deliveryId }: Message): Promise<DeliveryRow | undefined> {
    if (deliveryId === undefined) return undefined;
    const [row] = await this.database.query<DeliveryRow>(
      'SELECT * FROM trigger_deliveries WHERE trigger_id = $1 AND delivery_id = $2',
      [trigger.id, deliveryId],
    );
    return row;
  }

  private async refuseInMaintenance(): Promise<void> {
    const window = await this.maintenance.current();
    if (!window) return;
    const retryAfterSeconds = (Date.parse(window.ends_at) - Date.now()) / 1000;
    throw new AppError('SYSTEM_MAINTENANCE', { ...window }, { message: window.message, retryAfterSeconds });
  }
}

/** Stores a delivery. @returns undefined when one with its id is known */
async function insertDelivery(
  db: Queryable,
  trigger: Trigger,
  { deliveryId, event, body }: Message,
  { outcome, reason, message, execution_id }: Outcome,
): Promise<DeliveryRow | undefined> {
  const [row] = await db.query<DeliveryRow>(
    `INSERT INTO trigger_deliveries (id, trigger_id, project_id, delivery_id, event, size, outcome, reason, message, execution_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (trigger_id, delivery_id) WHERE delivery_id IS NOT NULL DO NOTHING RETURNING *`,
    [
      newId(),
      trigger.id,
      trigger.project_id,
      deliveryId ?? null,
      event ?? null,
      body.length,
      outcome,
      reason,
      message?.slice(0, 500) ?? null,
      execution_id,
    ],
  );
  return row;
}

function answerOf(trigger: Trigger, row: TriggerDelivery): TriggerAnswer {
  return {
    status: row.outcome === 'fired' ? 'fired' : 'skipped',
    delivery: row.id,
    task_id: trigger.task_id,
    execution_id: row.execution_id,
    reason: row.reason,
    message: row.message,
  };
}
