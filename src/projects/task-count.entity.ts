import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The number of tasks of a project in each status, archived ones and drafts apart, updated by a trigger in the transaction of every change, since counting a million rows
 * takes 100 ms. Each connection has its own counters, a `shard`, so that transactions do not wait for each other; the sum is exact.
 */
@Entity('task_counts')
export class TaskCount {
  @PrimaryColumn('uuid')
  project_id!: string;

  @PrimaryColumn('text')
  status!: string;

  @PrimaryColumn('boolean', { default: false })
  is_archived!: boolean;

  @PrimaryColumn('boolean', { default: false })
  is_draft!: boolean;

  /** Whether they are planned, which only pending tasks are counted as. */
  @PrimaryColumn('boolean', { default: false })
  planned!: boolean;

  /** The process id of the connection; 0 for the merged counters of others. */
  @PrimaryColumn('integer')
  shard!: number;

  @Column('bigint')
  n!: string;

  /** The bytes of its tasks, including deleted ones, and of their history; limited by `max_tasks`. */
  @Column('bigint', { default: 0 })
  bytes!: string;
}
