import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** A refresh token in the chain of a session. It is only valid while its session is open. */
@Entity('refresh_tokens')
export class RefreshToken {
  @Id()
  id!: string;

  @Column('uuid')
  session_id!: string;

  /** SHA-256 of the token: it has 256 random bits, so a slow hash would add nothing. */
  @Column('bytea')
  @Index('refresh_tokens_hash_key', { unique: true })
  token_hash!: Buffer;

  @CreatedInstant()
  created_at!: Date;

  @Instant()
  expires_at!: Date;

  /** Set when the token was exchanged; a second use ends the session. */
  @Instant({ nullable: true })
  used_at!: Date | null;
}
