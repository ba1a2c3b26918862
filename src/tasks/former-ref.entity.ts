import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A ref that a task had in a project from which it was moved. It still names the task. */
@Entity('former_refs')
@Index('former_refs_task', ['task_id'])
export class FormerRef {
  @PrimaryColumn('uuid')
  project_id!: string;

  @PrimaryColumn('integer')
  number!: number;

  @Column('uuid')
  task_id!: string;
}
