import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id } from '../infra/columns.js';

/** What somebody has said about a task. Its words are searched with those of the task. */
@Entity('comments')
@Index('comments_task', ['task_id', 'id'])
export class Comment {
  @Id()
  id!: string;

  @Column('uuid')
  task_id!: string;

  @Column('uuid')
  author_id!: string;

  /** Who wrote it elsewhere, as the file that it was imported from says; the author is who imported it. */
  @Column('text', { nullable: true })
  imported_author!: string | null;

  /** Markdown, as it was sent. */
  @Column('text')
  body!: string;

  /** The users that it mentions and who could see the task when it was written. */
  @Column('uuid', { array: true, default: [] })
  mentions!: string[];

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  @Column('integer', { default: 1 })
  version!: number;
}
