import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** A work session of a user: a context with settings, in which the user's changes are recorded. Sign-ins are in `auth_sessions`. */
@Entity('sessions')
@Index('sessions_user', ['user_id', 'created_at'])
@Index('sessions_project', ['project_id'], { where: 'project_id IS NOT NULL' })
export class Session {
  @Id()
  id!: string;

  @Column('uuid')
  user_id!: string;

  @Column('uuid', { nullable: true })
  project_id!: string | null;

  @Column('jsonb', { default: {} })
  settings!: Record<string, unknown>;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  last_accessed!: Date;

  @Instant()
  expires_at!: Date;

  @Instant({ nullable: true })
  deleted_at!: Date | null;

  @Column('integer', { default: 1 })
  version!: number;
}
