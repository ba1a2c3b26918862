import { Column, Entity, Index } from 'typeorm';
import { Id } from '../../infra/columns.js';

/** The values of secret inputs, which runs share that were given the same: a run and its retries, or all runs of a schedule. */
@Entity('input_secrets')
@Index('input_secrets_project', ['project_id'])
export class InputSecret {
  @Id()
  id!: string;

  @Column('uuid')
  project_id!: string;

  /** The encrypted values by the name of the input, as JSON; see `common/secret-box.ts`. */
  @Column('bytea')
  sealed!: Buffer;
}
