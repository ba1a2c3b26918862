import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id } from '../infra/columns.js';

/** Which of the messages that reach a trigger start a run; those that do not are skipped. */
export interface TriggerFilter {
  /** Names of events, any of which the message must have. */
  events?: string[];
  /** Names of branches, any of which the message must be about. */
  branches?: string[];
  /** Values that the message must have, by JSON pointer (RFC 6901). */
  match?: Record<string, string | number | boolean | null>;
}

/** A URL that runs a task when something is sent to it. */
@Entity('triggers')
@Index('triggers_project', ['project_id', 'id'])
@Index('triggers_token', ['token_hash'], { unique: true })
export class Trigger {
  @Id()
  id!: string;

  @Column('uuid')
  project_id!: string;

  @Column('text')
  name!: string;

  @Column('text', { default: '' })
  description!: string;

  @Column('boolean', { default: true })
  enabled!: boolean;

  @Column('uuid')
  task_id!: string;

  /** 0 high, 1 normal, 2 low. */
  @Column('smallint', { default: 1 })
  queue!: number;

  /** JSON pointers into the message, by the name of the input that gets the value. */
  @Column('jsonb', { default: {} })
  inputs_from!: Record<string, string>;

  @Column('jsonb', { default: {} })
  filter!: TriggerFilter;

  /** The SHA-256 of the token of its URL. */
  @Column('bytea')
  token_hash!: Buffer;

  /** The encrypted token, which is shown to who may run tasks in the project. */
  @Column('bytea')
  sealed_token!: Buffer;

  /** The encrypted secret of the signatures; null where none are demanded. */
  @Column('bytea', { nullable: true })
  sealed_secret!: Buffer | null;

  /** In whose name it runs the task. */
  @Column('uuid')
  created_by!: string;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  @Column('integer', { default: 1 })
  version!: number;
}
