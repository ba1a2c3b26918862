import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id } from '../infra/columns.js';

/** What a file or a link can be attached to. */
export const linkedTypes = ['task', 'project', 'document'] as const;
export type LinkedType = (typeof linkedTypes)[number];

/** A file or a link that is attached to a task, a project or a document. */
@Entity('attachments')
@Index('attachments_linked', ['linked_id', 'id'])
@Index('attachments_project', ['project_id', 'id'])
export class Attachment {
  @Id()
  id!: string;

  @Column('text')
  linked_type!: LinkedType;

  @Column('uuid')
  linked_id!: string;

  /** The project that what it is attached to is in, whose storage its bytes take. */
  @Column('uuid')
  project_id!: string;

  @Column('text')
  name!: string;

  /** Where a link leads; null for a file. */
  @Column('text', { nullable: true })
  url!: string | null;

  /** As its sender named it; null for a link. */
  @Column('text', { nullable: true })
  media_type!: string | null;

  /** Bytes; 0 for a link. */
  @Column('integer', { default: 0 })
  size!: number;

  /** Of the content, in hexadecimal; null for a link. */
  @Column('text', { nullable: true })
  sha256!: string | null;

  @Column('uuid')
  created_by!: string;

  @CreatedInstant()
  created_at!: Date;
}
