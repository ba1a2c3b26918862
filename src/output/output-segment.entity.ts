import { Column, Entity, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

const toNumber = { to: (value: number) => value, from: Number };

/** One flush of an execution's output: some frames, end to end. */
@Entity('output_segments')
export class OutputSegment {
  @PrimaryColumn('uuid')
  execution_id!: string;

  /** Where the segment's first byte stands in the execution's output. */
  @PrimaryColumn('bigint', { transformer: toNumber })
  offset!: number;

  /** The migration sets STORAGE EXTERNAL: compressing costs more than half of the throughput. */
  @Column('bytea')
  content!: Buffer;

  @Column('integer', { array: true })
  frame_lengths!: number[];

  /** A frame's stream and encoding, as bits: 1 standard error, 2 not UTF-8, 4 a marker of ours. */
  @Column('smallint', { array: true })
  frame_flags!: number[];

  /** Unix time of each frame in milliseconds. */
  @Column('bigint', { array: true })
  frame_times!: string[];

  @CreatedInstant()
  created_at!: Date;
}
