import { Column, Entity, Index } from 'typeorm';
import type { Scope } from '../common/permissions.js';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** A token that a user made for a script; the row goes when it is revoked. */
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

  /** The end of the token, by which its user knows it. */
  @Column('text')
  hint!: string;

  @CreatedInstant()
  created_at!: Date;

  /** Null for a token that does not expire. */
  @Instant({ nullable: true })
  expires_at!: Date | null;

  /** Up to about a minute late: not every request writes it. */
  @Instant({ nullable: true })
  last_used_at!: Date | null;
}
