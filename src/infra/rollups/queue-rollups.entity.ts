import { Column, Entity, PrimaryColumn } from 'typeorm';
import { StoredHistogram } from './stored-histogram.js';

const Counter = () => Column('bigint', { default: 0 });
const Milliseconds = () => Column('double precision', { nullable: true });

/** The executions of a queue in an hour, which is the number of hours since 1970. All durations are milliseconds. */
@Entity('queue_hours')
export class QueueHour {
  @PrimaryColumn('smallint')
  queue!: number;

  @PrimaryColumn('integer')
  hour!: number;

  @Counter()
  enqueued!: string;

  @Counter()
  completed!: string;

  @Counter()
  failed!: string;

  @Counter()
  cancelled!: string;

  /** The executions that ended after they had started. */
  @Counter()
  ran!: string;

  @Counter()
  run_ms!: string;

  /** Those among the failed ones that had started. */
  @Counter()
  failed_runs!: string;

  @Milliseconds()
  wait_p50!: number | null;

  @Milliseconds()
  wait_p95!: number | null;

  @Milliseconds()
  run_p50!: number | null;

  @Milliseconds()
  run_p95!: number | null;
}

/** The histogram of the wait or run times of the executions that ended in a block of hours. */
@Entity('queue_time_blocks')
export class QueueTimeBlock extends StoredHistogram {
  @PrimaryColumn('smallint')
  queue!: number;

  @PrimaryColumn('smallint')
  hours!: number;

  @PrimaryColumn('integer')
  start!: number;

  @PrimaryColumn('text')
  measure!: 'wait' | 'run';
}
