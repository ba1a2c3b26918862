import { Column, Entity, Index } from 'typeorm';
import type { Role } from '../common/permissions.js';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

export const userKinds = ['person', 'agent', 'key'] as const;
export type UserKind = (typeof userKinds)[number];

@Entity('users')
export class User {
  @Id()
  id!: string;

  /** Stored in lower case, so that names are unique regardless of case. */
  @Column('text')
  @Index('users_username_key', { unique: true })
  username!: string;

  /** A person signs in with a password; an agent has keys instead, and one of the kind `key` is what a key of a project acts as. */
  @Column('text', { default: 'person' })
  kind!: UserKind;

  /** Null for an agent. */
  @Column('text', { nullable: true })
  @Index('users_email_key', { unique: true })
  email!: string | null;

  @Column('text', { nullable: true })
  full_name!: string | null;

  @Column('text', { nullable: true })
  avatar_url!: string | null;

  /** Null for an agent. */
  @Column('text', { nullable: true })
  password_hash!: string | null;

  @Column('text')
  role!: Role;

  @Column('text', { default: 'standard' })
  tier!: 'standard' | 'premium';

  /** How many executions of the user may be admitted at a time; null for the server's default. */
  @Column('integer', { nullable: true })
  max_running!: number | null;

  /** The user for whose limits this one counts: who has made the key of a project; null for the user's own. */
  @Column('uuid', { nullable: true })
  account_id!: string | null;

  @Column('boolean', { default: false })
  disabled!: boolean;

  @Column('jsonb', { default: {} })
  preferences!: Record<string, unknown>;

  /** Sign-ins and their access tokens carry this number; raising it revokes all earlier ones. */
  @Column('integer', { default: 1 })
  token_epoch!: number;

  @Instant({ nullable: true })
  last_login!: Date | null;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  /** Selects the system account of the user's own commands where each project has one; null until the first such run. See `commandUser`. */
  @Column('integer', { nullable: true, select: false })
  @Index('users_command_user_number_key', { unique: true })
  command_user_number!: number | null;

  @Column('integer', { default: 1 })
  version!: number;
}
