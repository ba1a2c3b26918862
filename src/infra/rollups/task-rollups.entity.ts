import { Column, Entity, PrimaryColumn } from 'typeorm';

const Counter = () => Column('bigint', { default: 0 });
/** The length of a block, so that a year is the sum of few rows; see `blocks.ts`. */
const Days = () => PrimaryColumn('smallint');

/** What happened to the tasks of a project on a UTC day. All days are numbers of days since 1970, all durations are milliseconds. */
@Entity('project_days')
export class ProjectDay {
  @PrimaryColumn('uuid')
  project_id!: string;

  @PrimaryColumn('integer')
  day!: number;

  @Counter()
  created!: string;

  /** The tasks created on the day that have not ended to this day. */
  @Counter()
  unfinished!: string;

  /** The tasks that ended on the day: completed, failed or cancelled. */
  @Counter()
  ended!: string;

  @Counter()
  completed!: string;

  /** From creation to completion. */
  @Counter()
  completion_ms!: string;

  /** The completed tasks that have an actual duration. */
  @Counter()
  timed!: string;

  @Counter()
  duration_ms!: string;

  @Counter()
  on_time!: string;

  /** The completed tasks that have an actual and an estimated duration. */
  @Counter()
  estimated!: string;
}

/** What a user did in a project in a block of days; a task counts for its assignee, or else for its creator. */
@Entity('member_blocks')
export class MemberBlock {
  @PrimaryColumn('uuid')
  project_id!: string;

  @Days()
  days!: number;

  @PrimaryColumn('integer')
  start!: number;

  @PrimaryColumn('uuid')
  user_id!: string;

  @Counter()
  unfinished!: string;

  @Counter()
  ended!: string;

  @Counter()
  completed!: string;

  @Counter()
  timed!: string;

  @Counter()
  duration_ms!: string;
}

/** The histogram of the durations of the tasks that were completed in a block of days. */
@Entity('task_duration_blocks')
export class TaskDurationBlock {
  @PrimaryColumn('uuid')
  project_id!: string;

  @Days()
  days!: number;

  @PrimaryColumn('integer')
  start!: number;

  /** The buckets that are not empty, in order, see `histogram.ts`. */
  @Column('smallint', { array: true })
  buckets!: number[];

  /** The number of durations in each of them. */
  @Column('integer', { array: true })
  n!: number[];

  /** The sum of the durations in each of them. */
  @Column('bigint', { array: true })
  ms!: string[];
}

/** The tasks of a user in all projects: those that it has created, deleted ones included, and the completed ones that count for it. */
@Entity('user_task_counts')
export class UserTaskCount {
  @PrimaryColumn('uuid')
  user_id!: string;

  @Counter()
  created!: string;

  @Counter()
  completed!: string;
}
