import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

/** Who did what to which entity, written in the transaction that did it. */
@Entity('activity')
@Index('activity_entity', ['entity_id', 'sequence'])
@Index('activity_project', ['project_id', 'sequence'])
@Index('activity_session', ['session_id', 'sequence'], { where: 'session_id IS NOT NULL' })
@Index('activity_actor', ['actor_id', 'sequence'])
@Index('activity_at', ['at'])
export class Activity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  sequence!: string;

  @Column('uuid')
  id!: string;

  /** The transaction that wrote the row: sequences commit out of order, so a resuming reader stays below the oldest open one. */
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

  /** How the run ended that changed the status of a task. */
  @Column('jsonb', { nullable: true })
  run!: unknown;
}
