import { Column, Entity, PrimaryColumn } from 'typeorm';
import { StoredHistogram } from './stored-histogram.js';

const Counter = () => Column('bigint', { default: 0 });
/** The length of a block, so that a year is the sum of few rows; see `blocks.ts`. */
const Days = () => PrimaryColumn('smallint');

/** What analytics count of tasks. All days are numbers of days since 1970, all durations are milliseconds. */
abstract class TaskSums {
  /** The tasks created in the time that have not ended to this day. */
  @Counter()
  unfinished!: string;

  /** The tasks that ended in the time: completed, failed or cancelled. */
  @Counter()
  ended!: string;

  @Counter()
  completed!: string;

  /** The completed tasks that have an actual duration. */
  @Counter()
  timed!: string;

  @Counter()
  duration_ms!: string;
}

/** What happened to the tasks of a project on a UTC day. */
@Entity('project_days')
export class ProjectDay extends TaskSums {
  @PrimaryColumn('uuid')
  project_id!: string;

  @PrimaryColumn('integer')
  day!: number;

  @Counter()
  created!: string;

  /** From creation to completion. */
  @Counter()
  completion_ms!: string;

  @Counter()
  on_time!: string;

  /** The completed tasks that have an actual and an estimated duration. */
  @Counter()
  estimated!: string;
}

/** What a user did in a project in a block of days; a task counts for its assignee, or else for its creator. */
@Entity('member_blocks')
export class MemberBlock extends TaskSums {
  @PrimaryColumn('uuid')
  project_id!: string;

  @Days()
  days!: number;

  @PrimaryColumn('integer')
  start!: number;

  @PrimaryColumn('uuid')
  user_id!: string;
}

/** The histogram of the durations of the tasks that were completed in a block of days. */
@Entity('task_duration_blocks')
export class TaskDurationBlock extends StoredHistogram {
  @PrimaryColumn('uuid')
  project_id!: string;

  @Days()
  days!: number;

  @PrimaryColumn('integer')
  start!: number;
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
