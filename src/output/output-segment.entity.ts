import { Column, Entity, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

const toNumber = { to: (value: number) => value, from: Number };

/** One flush of an execution's output: consecutive frames with concatenated content. */
@Entity('output_segments')
export class OutputSegment {
  @PrimaryColumn('uuid')
  execution_id!: string;

  /** The offset of the segment's first byte in the execution's output. */
  @PrimaryColumn('bigint', { transformer: toNumber })
  offset!: number;

  /** The migration sets STORAGE EXTERNAL, since compression would cost more than half of the throughput. */
  @Column('bytea')
  content!: Buffer;

  @Column('integer', { array: true })
  frame_lengths!: number[];

  /** The flags of each frame, as bits: 1 for standard error, 2 for not UTF-8, 4 for a marker of Millrace. */
  @Column('smallint', { array: true })
  frame_flags!: number[];

  /** The Unix time of each frame in milliseconds. */
  @Column('bigint', { array: true })
  frame_times!: string[];

  @CreatedInstant()
  created_at!: Date;
}
