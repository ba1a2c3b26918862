import { Entity, Index, PrimaryColumn } from 'typeorm';
import { CreatedInstant, Instant } from '../infra/columns.js';

/** A project that was deleted for good. The row tells processes what is left to remove, and workers which workspaces are not used any more. */
@Entity('erased_projects')
@Index('erased_projects_unfinished', ['id'], { where: 'finished_at IS NULL' })
@Index('erased_projects_erased', ['erased_at'])
export class ErasedProject {
  /** The id of the project, whose own row is the last one to be removed. */
  @PrimaryColumn('uuid')
  id!: string;

  @CreatedInstant()
  erased_at!: Date;

  /** When nothing but the row of the project was left the last time. */
  @Instant({ nullable: true })
  empty_at!: Date | null;

  /** When the last row of the project was removed. */
  @Instant({ nullable: true })
  finished_at!: Date | null;
}
