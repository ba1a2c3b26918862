import { Column } from 'typeorm';

/** The columns of a histogram of times in milliseconds, see `histogram.ts`. */
export abstract class StoredHistogram {
  /** The buckets that are not empty, in order. */
  @Column('smallint', { array: true })
  buckets!: number[];

  /** The number of times in each of them. */
  @Column('integer', { array: true })
  n!: number[];

  /** The sum of the times in each of them. */
  @Column('bigint', { array: true })
  ms!: string[];
}
