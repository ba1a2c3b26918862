import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The bytes of stored output of the ended executions of a project, or of a user's commands without one; `storage_limit` and
 * `MAX_USER_STORAGE` bound them. Each connection has its own counter, a `shard`, so that runs that end at once do not wait for each
 * other; the sum is exact.
 */
@Entity('output_usage')
export class OutputUsage {
  /** The id of a project or a user. */
  @PrimaryColumn('uuid')
  owner!: string;

  /** The process id of the connection; 0 for the merged counters of connections that have ended. */
  @PrimaryColumn('integer')
  shard!: number;

  /** Negative where this connection has subtracted what another one has added. */
  @Column('bigint')
  bytes!: string;
}
