import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The number that the next task of a project gets; a project without a row has had none. Apart from the project, whose row is locked
 * over the commits of others.
 */
@Entity('task_numbers')
export class TaskNumber {
  @PrimaryColumn('uuid')
  project_id!: string;

  @Column('integer')
  next!: number;
}
