import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** One link of a chain of refresh tokens; all links of one login share a family. */
@Entity('refresh_tokens')
@Index('refresh_tokens_family', ['family_id'])
export class RefreshToken {
  @Id()
  id!: string;

  @Column('uuid')
  family_id!: string;

  @Column('uuid')
  @Index('refresh_tokens_user')
  user_id!: string;

  /** SHA-256 of the token: it has 256 random bits, so a slow hash would add nothing. */
  @Column('bytea')
  @Index('refresh_tokens_hash_key', { unique: true })
  token_hash!: Buffer;

  @CreatedInstant()
  created_at!: Date;

  @Instant()
  expires_at!: Date;

  /** Set when the token was exchanged; a second use revokes the family. */
  @Instant({ nullable: true })
  used_at!: Date | null;

  @Instant({ nullable: true })
  revoked_at!: Date | null;
}
