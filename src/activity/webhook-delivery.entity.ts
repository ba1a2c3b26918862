import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** One attempt to send a message. */
export interface DeliveryTry {
  /** The value of `attempts` during the attempt. */
  attempt: number;
  /** The start of the attempt, in ISO 8601. */
  at: string;
  duration_ms: number;
  response_status: number | null;
  /** The beginning of the response body. */
  response_body: string | null;
  error: string | null;
}

/** A message to a webhook, inserted in the transaction of the change that it reports and retried until it is delivered or given up. */
@Entity('webhook_deliveries')
@Index('webhook_deliveries_due', ['webhook_id', 'next_attempt_at'], { where: "status = 'pending'" })
@Index('webhook_deliveries_webhook', ['webhook_id', 'sequence'])
export class WebhookDelivery {
  @Id()
  id!: string;

  @Column('uuid')
  webhook_id!: string;

  /** Rises with each delivery over all webhooks; deliveries may arrive in another order. */
  @Column('bigint', { generated: 'increment' })
  sequence!: string;

  @Column('text')
  event!: string;

  /** The `data` of the message. */
  @Column('jsonb')
  data!: Record<string, unknown>;

  @Column('text', { default: 'pending' })
  status!: 'pending' | 'delivered' | 'failed';

  /** The attempts begun so far. It only rises, which distinguishes the result of an outdated attempt from that of the current one. */
  @Column('integer', { default: 0 })
  attempts!: number;

  /** The value of `attempts` at the start of the current series of attempts: 0, or its value when a user requested to send it again. */
  @Column('integer', { default: 0 })
  attempts_before!: number;

  /** When the next attempt is due. While a process sends the message, this is the end of its lease. */
  @Instant({ nullable: true })
  next_attempt_at!: Date | null;

  @Instant({ nullable: true })
  last_attempt_at!: Date | null;

  @Column('integer', { nullable: true })
  response_status!: number | null;

  @Column('text', { nullable: true })
  response_body!: string | null;

  @Column('text', { nullable: true })
  error!: string | null;

  @Column('integer', { nullable: true })
  duration_ms!: number | null;

  /** The last attempts, the oldest first. */
  @Column('jsonb', { default: [] })
  tries!: DeliveryTry[];

  /** The address of the last attempt; its headers are in `request_headers`, and its body is built from the other columns. */
  @Column('text', { nullable: true })
  request_url!: string | null;

  @Column('jsonb', { nullable: true })
  request_headers!: Record<string, string> | null;

  @CreatedInstant()
  created_at!: Date;

  @Instant({ nullable: true })
  delivered_at!: Date | null;
}
