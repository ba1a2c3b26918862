import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** One try to send a message. */
export interface DeliveryTry {
  /** The value of `attempts` during it. */
  attempt: number;
  /** When it began; ISO 8601. */
  at: string;
  duration_ms: number;
  response_status: number | null;
  /** The beginning of the answer. */
  response_body: string | null;
  error: string | null;
}

/** One message to one webhook: written with the change it tells of, and kept until it arrived or was given up. */
@Entity('webhook_deliveries')
@Index('webhook_deliveries_due', ['webhook_id', 'next_attempt_at'], { where: "status = 'pending'" })
@Index('webhook_deliveries_webhook', ['webhook_id', 'sequence'])
export class WebhookDelivery {
  @Id()
  id!: string;

  @Column('uuid')
  webhook_id!: string;

  /** Rises with every delivery, over all webhooks; order of arrival is not promised. */
  @Column('bigint', { generated: 'increment' })
  sequence!: string;

  @Column('text')
  event!: string;

  /** The `data` of the message. */
  @Column('jsonb')
  data!: Record<string, unknown>;

  @Column('text', { default: 'pending' })
  status!: 'pending' | 'delivered' | 'failed';

  /** Tries begun so far; it only rises, so the result of an outlived try is told from that of the current one. */
  @Column('integer', { default: 0 })
  attempts!: number;

  /** The value of `attempts` when the current series of tries began: 0, or where a person had it sent again. */
  @Column('integer', { default: 0 })
  attempts_before!: number;

  /** While a process sends it, the moment at which another may: a lease. */
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

  /** The last tries, oldest first. */
  @Column('jsonb', { default: [] })
  tries!: DeliveryTry[];

  /** Where the last try went, and with which headers; its body is made from the other columns. */
  @Column('text', { nullable: true })
  request_url!: string | null;

  @Column('jsonb', { nullable: true })
  request_headers!: Record<string, string> | null;

  @CreatedInstant()
  created_at!: Date;

  @Instant({ nullable: true })
  delivered_at!: Date | null;
}
