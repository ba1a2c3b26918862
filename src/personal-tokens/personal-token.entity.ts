import { Column, Entity, Index } from 'typeorm';
import type { Scope } from '../common/permissions.js';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** A personal access token of a user; the row is deleted when it is revoked. */
@Entity('personal_access_tokens')
@Index('personal_access_tokens_user', ['user_id', 'id'])
export class PersonalToken {
  @Id()
  id!: string;

  @Column('uuid')
  user_id!: string;

  @Column('text')
  label!: string;

  @Column('text', { array: true })
  scopes!: Scope[];

  @Column('bytea')
  @Index('personal_access_tokens_hash_key', { unique: true })
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
