import { Column, Entity, Index } from 'typeorm';
import type { Role } from '../common/permissions.js';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

@Entity('users')
export class User {
  @Id()
  id!: string;

  /** Kept in lower case, so that names are unique whatever their case. */
  @Column('text')
  @Index('users_username_key', { unique: true })
  username!: string;

  @Column('text')
  @Index('users_email_key', { unique: true })
  email!: string;

  @Column('text', { nullable: true })
  full_name!: string | null;

  @Column('text', { nullable: true })
  avatar_url!: string | null;

  @Column('text')
  password_hash!: string;

  @Column('text')
  role!: Role;

  @Column('text', { default: 'standard' })
  tier!: 'standard' | 'premium';

  /** How many runs of theirs may be admitted at a time; null for what holds for all. */
  @Column('integer', { nullable: true })
  max_running!: number | null;

  @Column('boolean', { default: false })
  disabled!: boolean;

  @Column('jsonb', { default: {} })
  preferences!: Record<string, unknown>;

  /** Sign-ins and their access tokens carry it; raising it ends all earlier ones. */
  @Column('integer', { default: 1 })
  token_epoch!: number;

  @Instant({ nullable: true })
  last_login!: Date | null;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  /** Chooses the user of its commands on hosts where each project has one; null until the first run there. See `commandUser`. */
  @Column('integer', { nullable: true, select: false })
  @Index('users_command_user_number_key', { unique: true })
  command_user_number!: number | null;

  @Column('integer', { default: 1 })
  version!: number;
}
