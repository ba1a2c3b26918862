import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id } from '../infra/columns.js';

export const deliveryOutcomes = ['fired', 'skipped', 'refused'] as const;
export type DeliveryOutcome = (typeof deliveryOutcomes)[number];

/** A message that reached a trigger, and what became of it. */
@Entity('trigger_deliveries')
@Index('trigger_deliveries_trigger', ['trigger_id', 'id'])
@Index('trigger_deliveries_known', ['trigger_id', 'delivery_id'], {
  unique: true,
  where: 'delivery_id IS NOT NULL',
})
@Index('trigger_deliveries_project', ['project_id'])
export class TriggerDelivery {
  @Id()
  id!: string;

  @Column('uuid')
  trigger_id!: string;

  @Column('uuid')
  project_id!: string;

  /** The id that its sender gave it; null when it gave none, or when the message was refused. */
  @Column('text', { nullable: true })
  delivery_id!: string | null;

  /** The event that its sender named. */
  @Column('text', { nullable: true })
  event!: string | null;

  /** The bytes of its body. */
  @Column('integer')
  size!: number;

  @Column('text')
  outcome!: DeliveryOutcome;

  /** The code of the reason why nothing was run. */
  @Column('text', { nullable: true })
  reason!: string | null;

  /** The reason in words. */
  @Column('text', { nullable: true })
  message!: string | null;

  @Column('uuid', { nullable: true })
  execution_id!: string | null;

  @CreatedInstant()
  received_at!: Date;
}
