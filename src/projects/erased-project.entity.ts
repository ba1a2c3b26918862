import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { CreatedInstant, Instant } from '../infra/columns.js';

/** A project that was deleted for good. The row tells processes what is left to remove, and workers which workspaces are not used any more. */
@Entity('erased_projects')
@Index('erased_projects_unfinished', ['id'], { where: 'finished_at IS NULL' })
@Index('erased_projects_erased', ['erased_at'])
@Index('erased_projects_created_by', ['created_by'], { where: 'command_user_number IS NOT NULL' })
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

  /** Who had made the project; null until its row is removed, as it is before this was stored. */
  @Column({ type: 'uuid', nullable: true })
  created_by!: string | null;

  /** The user id that its commands had. It is not given to others: files of it may be left on a host that is away, or outside of workspaces. */
  @Column({ type: 'int', nullable: true })
  command_user_number!: number | null;
}
