import { Column, Entity, Index } from 'typeorm';
import { Id, Instant } from '../infra/columns.js';

/** A step of a task. How many there are, and how many are done, is kept with the task. */
@Entity('checklist_items')
@Index('checklist_items_task', ['task_id', 'position'])
export class ChecklistItem {
  @Id()
  id!: string;

  @Column('uuid')
  task_id!: string;

  @Column('text')
  text!: string;

  @Instant({ nullable: true })
  done_at!: Date | null;

  @Column('uuid', { nullable: true })
  done_by!: string | null;

  /** From 0, without gaps. */
  @Column('smallint')
  position!: number;

  @Column('integer', { default: 1 })
  version!: number;
}
