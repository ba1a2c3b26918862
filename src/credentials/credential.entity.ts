import { Column, Entity, Index } from 'typeorm';
import type { Scope } from '../common/permissions.js';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** A personal access token of a person, or a key of an agent or a project; the row is deleted when it is revoked. */
@Entity('credentials')
@Index('credentials_user', ['user_id', 'id'])
@Index('credentials_project', ['project_id', 'id'], { where: 'project_id IS NOT NULL' })
export class Credential {
  @Id()
  id!: string;

  /** On whose behalf its requests are made. */
  @Column('uuid')
  user_id!: string;

  /** Who has made a key; null for a token, which its own user has made. */
  @Column('uuid', { nullable: true })
  created_by!: string | null;

  /** The project that a key is bound to: its user sees no other. */
  @Column('uuid', { nullable: true })
  project_id!: string | null;

  @Column('text')
  label!: string;

  @Column('text', { array: true })
  scopes!: Scope[];

  @Column('bytea')
  @Index('credentials_hash_key', { unique: true })
  token_hash!: Buffer;

  /** The prefix and the last four characters of the token, by which its user recognizes it. */
  @Column('text')
  hint!: string;

  @CreatedInstant()
  created_at!: Date;

  /** Null for a token that does not expire. */
  @Instant({ nullable: true })
  expires_at!: Date | null;

  /** Stored at most about once a minute, so it may be that much out of date. */
  @Instant({ nullable: true })
  last_used_at!: Date | null;
}
