import { Column, Entity, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

/** A value that the commands of a project find in their environment and that nobody can read. */
@Entity('project_secrets')
export class ProjectSecret {
  @PrimaryColumn('uuid')
  project_id!: string;

  /** Of the environment variable. */
  @PrimaryColumn('text')
  name!: string;

  /** Sealed; see `common/secret-box.ts`. */
  @Column('bytea')
  sealed!: Buffer;

  /** In bytes, before it was sealed. */
  @Column('integer')
  size!: number;

  @Column('uuid')
  updated_by!: string;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;
}
