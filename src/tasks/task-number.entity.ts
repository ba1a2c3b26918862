import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The number that the next task of a project gets; a project without a row has had no task. It has a table of its own because the rows
 * of `projects` stay locked during the commits of other transactions.
 */
@Entity('task_numbers')
export class TaskNumber {
  @PrimaryColumn('uuid')
  project_id!: string;

  @Column('integer')
  next!: number;
}
