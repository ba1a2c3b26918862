import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

export const occurrenceStatuses = ['fired', 'skipped', 'missed', 'waiting'] as const;

/** What became of one time of a schedule. The row decides: who inserts it is the one that fires, skips or misses it. */
@Entity('schedule_occurrences')
@Index('schedule_occurrences_fired', ['schedule_id', 'scheduled_for'], { where: "status = 'fired'" })
@Index('schedule_occurrences_waiting', ['schedule_id', 'scheduled_for'], { where: "status = 'waiting'" })
export class ScheduleOccurrence {
  @PrimaryColumn('uuid')
  schedule_id!: string;

  @PrimaryColumn('timestamptz', { precision: 3 })
  scheduled_for!: Date;

  @Column('text')
  status!: (typeof occurrenceStatuses)[number];

  /** A code that says why it did not fire, or what it waits for. */
  @Column('text', { nullable: true })
  reason!: string | null;

  /** The first attempt of its run. */
  @Column('uuid', { nullable: true })
  execution_id!: string | null;

  @Column('uuid', { nullable: true })
  task_id!: string | null;

  /** Whether a user has started it. */
  @Column('boolean', { default: false })
  is_manual!: boolean;

  @CreatedInstant()
  decided_at!: Date;
}
