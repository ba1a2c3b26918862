import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

/** The claim of a task by the user who works on it. It is deleted when it ends, so that the table has only those that are alive. */
@Entity('claims')
export class Claim {
  @Id()
  id!: string;

  @Column('uuid')
  @Index('claims_task_key', { unique: true })
  task_id!: string;

  /** The holder. */
  @Column('uuid')
  user_id!: string;

  /** SHA-256 of the token, by which the workers of one user are told apart. */
  @Column('bytea')
  token_hash!: Buffer;

  /** Whether the task was assigned to the holder before; otherwise it is to nobody again when the claim ends without a result. */
  @Column('boolean')
  was_assigned!: boolean;

  @Column('integer')
  lease_seconds!: number;

  @CreatedInstant()
  created_at!: Date;

  /** Not indexed, since a renewal should write no index; there are not more claims than workers. */
  @Instant()
  expires_at!: Date;
}
