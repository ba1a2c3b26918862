import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id } from '../../infra/columns.js';

/** A file that a run has made and that is kept with it: an artifact of its workspace, or its summary. */
@Entity('artifacts')
@Index('artifacts_path_key', ['execution_id', 'kind', 'path'], { unique: true })
@Index('artifacts_kept', ['owner', 'created_at'], { where: 'is_complete' })
@Index('artifacts_incomplete', ['created_at'], { where: 'NOT is_complete' })
export class Artifact {
  @Id()
  id!: string;

  @Column('uuid')
  execution_id!: string;

  /** The project of the run, or its requester for a command without one: whose storage its bytes take; see `ownerOf`. */
  @Column('uuid')
  owner!: string;

  @Column('text')
  kind!: 'file' | 'summary';

  /** Relative to the workspace. */
  @Column('text')
  path!: string;

  /** Bytes; 0 until it is complete. */
  @Column('integer', { default: 0 })
  size!: number;

  /** Of the content, in hexadecimal; null until it is complete. */
  @Column('text', { nullable: true })
  sha256!: string | null;

  /** False while its content is being stored or removed: nobody sees it, and its bytes do not count. */
  @Column('boolean', { default: false })
  is_complete!: boolean;

  @CreatedInstant()
  created_at!: Date;
}
