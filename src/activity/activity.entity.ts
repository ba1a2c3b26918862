import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

/** An entry of the activity log: who did what to which entity. It is inserted in the transaction of the change. */
@Entity('activity')
@Index('activity_entity', ['entity_id', 'sequence'])
@Index('activity_project', ['project_id', 'sequence'])
@Index('activity_session_actor', ['session_id', 'actor_id', 'sequence'], { where: 'session_id IS NOT NULL' })
@Index('activity_request', ['request_id', 'at'], { where: 'request_id IS NOT NULL' })
@Index('activity_at', ['at'])
export class Activity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  sequence!: string;

  @Column('uuid')
  id!: string;

  /**
   * The number of the transaction that inserted the row. Sequence numbers are committed out of order, so a reader that resumes by them
   * stops before the oldest transaction that is still open.
   */
  @Column('bigint', { default: () => 'current_transaction_number()' })
  transaction!: string;

  @CreatedInstant()
  at!: Date;

  /** Null when Millrace itself acted. */
  @Column('uuid', { nullable: true })
  actor_id!: string | null;

  @Column('uuid', { nullable: true })
  session_id!: string | null;

  @Column('text', { nullable: true })
  request_id!: string | null;

  @Column('text')
  entity_type!: string;

  @Column('uuid')
  entity_id!: string;

  @Column('uuid', { nullable: true })
  project_id!: string | null;

  @Column('text')
  action!: string;

  @Column('jsonb', { nullable: true })
  old_value!: unknown;

  @Column('jsonb', { nullable: true })
  new_value!: unknown;

  /** The end of the run that changed the status of a task; see `runEndSchema`. */
  @Column('jsonb', { nullable: true })
  run!: unknown;
}
