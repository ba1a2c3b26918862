import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/**
 * A sign-in with a password. All access and refresh tokens that are issued for it refer to it, so they are all invalid when it is ended.
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

  /** The user's `token_epoch` when the password was checked. The session is invalid as soon as the user has another one. */
  @Column('integer')
  epoch!: number;

  /** The address of the client that signed in. */
  @Column('text', { nullable: true })
  address!: string | null;

  /** The address, or the network of an IPv6 address, by which the login throttle recognises known networks. */
  @Column('text', { nullable: true })
  network!: string | null;

  @Column('text', { nullable: true })
  user_agent!: string | null;

  /** When the password was checked. */
  @CreatedInstant()
  created_at!: Date;

  /** Up to about a minute old, since not every request updates it. */
  @CreatedInstant()
  last_used_at!: Date;

  /** The expiry of its latest refresh token. */
  @Instant()
  expires_at!: Date;

  @Instant({ nullable: true })
  revoked_at!: Date | null;
}
