import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

@Entity('webhooks')
export class Webhook {
  @Id()
  id!: string;

  /** The project whose events it receives; null for a webhook of an administrator that receives those of all projects. */
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

  /** The secret that signs messages; the API shows it once, when it is created. It is encrypted; see `common/secret-box.ts`. */
  @Column('bytea', { nullable: true })
  sealed_secret!: Buffer | null;

  /** The secret before the last rotation, which also signs messages until `previous_secret_expires_at`. */
  @Column('bytea', { nullable: true })
  sealed_previous_secret!: Buffer | null;

  /** A secret in clear text, as older versions stored it; Millrace encrypts and empties it when it starts. */
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

  /** When Millrace disabled it; the reason is in `disabled_reason`. */
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
