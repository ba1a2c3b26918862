import { Column, Entity } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** A worker process, as of its last heartbeat; one whose heartbeat is older than the lease does not count, and its row is deleted. */
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

  /** Its own labels and those of its host, sorted. */
  @Column('text', { array: true, default: [] })
  labels!: string[];

  @Column('text', { default: '' })
  version!: string;

  /** Whether it finishes what it runs and takes nothing new, as an administrator has asked. */
  @Column('boolean', { default: false })
  draining!: boolean;

  /** Whether it can start commands. */
  @Column('boolean', { default: true })
  ready!: boolean;

  @CreatedInstant()
  started_at!: Date;

  @Instant()
  seen_at!: Date;
}
