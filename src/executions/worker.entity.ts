import { Column, Entity } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** A worker process that reports itself; one that has been silent for longer than the lease does not count. */
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

  /** Whether its runs cannot reach those of other projects, nor what they have on its host. */
  @Column('boolean', { default: true })
  separates!: boolean;

  @CreatedInstant()
  started_at!: Date;

  @Instant()
  seen_at!: Date;
}
