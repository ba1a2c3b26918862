import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

/** The first response to a POST with an Idempotency-Key, which is replayed to repeated requests. */
@Entity('idempotency_keys')
@Index('idempotency_keys_created', ['created_at'])
export class IdempotencyKey {
  @PrimaryColumn('uuid')
  user_id!: string;

  @PrimaryColumn('text')
  key!: string;

  /** SHA-256 of method, path and body: another request under the same key is refused. */
  @Column('bytea')
  fingerprint!: Buffer;

  /** The id of the request that has claimed the key, by which its activity is found. */
  @Column('text', { nullable: true })
  request_id!: string | null;

  /** The HTTP status of the response; null while the first request is in progress. */
  @Column('integer', { nullable: true })
  status!: number | null;

  @Column('text', { nullable: true })
  response!: string | null;

  @CreatedInstant()
  created_at!: Date;
}
