import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Instant } from '../../infra/columns.js';

/** Whether one of the three queues is paused; it is stored in Postgres, so that a wiped Redis does not resume a queue. */
@Entity('queue_states')
export class QueueState {
  /** 0 high, 1 normal, 2 low. */
  @PrimaryColumn('smallint')
  queue!: number;

  @Column('boolean', { default: false })
  paused!: boolean;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('uuid', { nullable: true })
  changed_by!: string | null;

  @Instant({ nullable: true })
  changed_at!: Date | null;
}
