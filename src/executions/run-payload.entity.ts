import { Column, Entity, Index } from 'typeorm';
import { Id } from '../infra/columns.js';

/** The message that has started a run, which the run and its retries get as files. Its bytes count as stored output of the project. */
@Entity('run_payloads')
@Index('run_payloads_project', ['project_id'])
export class RunPayload {
  @Id()
  id!: string;

  @Column('uuid')
  project_id!: string;

  @Column('bytea')
  body!: Buffer;

  @Column('jsonb')
  headers!: Record<string, string>;

  /** The bytes of body and headers. */
  @Column('integer')
  size!: number;
}
