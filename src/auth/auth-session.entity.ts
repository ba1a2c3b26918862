import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/**
 * One sign-in with a password. Every access and refresh token that follows from it names it, so ending this row ends all of
 * them.
 */
@Entity('auth_sessions')
@Index('auth_sessions_user', ['user_id', 'id'])
@Index('auth_sessions_open', ['user_id'], { where: 'revoked_at IS NULL' })
@Index('auth_sessions_network', ['user_id', 'network'])
export class AuthSession {
  @Id()
  id!: string;

  @Column('uuid')
  user_id!: string;

  /** The user's `token_epoch` when the password was checked; the session is over as soon as the user has another one. */
  @Column('integer')
  epoch!: number;

  /** Where the sign-in came from. */
  @Column('text', { nullable: true })
  address!: string | null;

  /** The address, or for IPv6 its network: what the login throttle knows a place by. */
  @Column('text', { nullable: true })
  network!: string | null;

  @Column('text', { nullable: true })
  user_agent!: string | null;

  /** When the password was checked. */
  @CreatedInstant()
  created_at!: Date;

  /** Up to about a minute late: not every request writes it. */
  @CreatedInstant()
  last_used_at!: Date;

  /** The end of its latest refresh token. */
  @Instant()
  expires_at!: Date;

  @Instant({ nullable: true })
  revoked_at!: Date | null;
}
