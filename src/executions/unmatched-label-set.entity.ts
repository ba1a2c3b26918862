import { Column, Entity, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

/** Labels that waiting runs ask for and that no living worker has all of. */
@Entity('unmatched_label_sets')
export class UnmatchedLabelSet {
  @PrimaryColumn('text', { array: true, primaryKeyConstraintName: 'PK_unmatched_label_sets' })
  runs_on!: string[];

  /** Since when there is no worker for them. */
  @CreatedInstant()
  since!: Date;

  /** Whether administrators were alerted. */
  @Column('boolean', { default: false })
  alerted!: boolean;
}
