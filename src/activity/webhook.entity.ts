import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

@Entity('webhooks')
export class Webhook {
  @Id()
  id!: string;

  /** Null for a webhook that hears of everything its owner may see. */
  @Column('uuid', { nullable: true })
  @Index('webhooks_project')
  project_id!: string | null;

  @Column('text')
  url!: string;

  @Column('text', { default: '' })
  description!: string;

  /** Exact names, `task.*`, or `*`. */
  @Column('text', { array: true })
  events!: string[];

  /** Signs what is sent; shown once, when it is made. Sealed; see `common/secret-box.ts`. */
  @Column('bytea', { nullable: true })
  sealed_secret!: Buffer | null;

  /** After a rotation it signs too, until `previous_secret_expires_at`. */
  @Column('bytea', { nullable: true })
  sealed_previous_secret!: Buffer | null;

  /** From before secrets were sealed; a start of Millrace seals and empties it. */
  @Column('text', { nullable: true })
  secret!: string | null;

  @Column('text', { nullable: true })
  previous_secret!: string | null;

  @Instant({ nullable: true })
  previous_secret_expires_at!: Date | null;

  @Column('boolean', { default: true })
  active!: boolean;

  /** The first failure since the last success. */
  @Instant({ nullable: true })
  failing_since!: Date | null;

  /** When and why it was switched off by Millrace. */
  @Instant({ nullable: true })
  disabled_at!: Date | null;

  @Column('text', { nullable: true })
  disabled_reason!: string | null;

  @Column('uuid')
  created_by!: string;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  @Instant({ nullable: true })
  deleted_at!: Date | null;

  @Column('integer', { default: 1 })
  version!: number;
}
