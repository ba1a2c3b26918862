import { Column, Entity } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** A worker process, as of its last heartbeat; one whose heartbeat is older than the lease does not count. */
@Entity('workers')
export class WorkerRecord {
  @Id()
  id!: string;

  @Column('text')
  host!: string;

  @Column('integer')
  pid!: number;

  @Column('integer')
  slots!: number;

  @Column('integer', { default: 0 })
  busy!: number;

  /** Whether it isolates projects: its runs cannot reach the processes and files of other projects on its host. */
  @Column('boolean', { default: true })
  separates!: boolean;

  @CreatedInstant()
  started_at!: Date;

  @Instant()
  seen_at!: Date;
}
