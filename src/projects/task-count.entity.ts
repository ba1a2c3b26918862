import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * How many tasks a project has in each status, kept up by a trigger in the transaction of every change: counting a million rows
 * takes 100 ms. Every connection has counters of its own, its `shard`, so nobody waits for another; the sum is exact.
 */
@Entity('task_counts')
export class TaskCount {
  @PrimaryColumn('uuid')
  project_id!: string;

  @PrimaryColumn('text')
  status!: string;

  /** The process id of the connection; 0 where others were added up. */
  @PrimaryColumn('integer')
  shard!: number;

  @Column('bigint')
  n!: string;

  /** What its tasks take, deleted ones too, and what changes of them have left in the history; `max_tasks` bounds it. */
  @Column('bigint', { default: 0 })
  bytes!: string;
}
