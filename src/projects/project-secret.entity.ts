import { Column, Entity, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

/** A secret of a project. Its commands get it as an environment variable, and the API never returns it. */
@Entity('project_secrets')
export class ProjectSecret {
  @PrimaryColumn('uuid')
  project_id!: string;

  /** The name of the environment variable. */
  @PrimaryColumn('text')
  name!: string;

  /** The encrypted value; see `common/secret-box.ts`. */
  @Column('bytea')
  sealed!: Buffer;

  /** The size of the plain value in bytes. */
  @Column('integer')
  size!: number;

  @Column('uuid')
  updated_by!: string;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;
}
