import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id } from '../infra/columns.js';

/** A plan belongs to a task, a doc and a memory to a project. Plans and docs keep their versions. */
export const documentKinds = ['plan', 'doc', 'memory'] as const;
export type DocumentKind = (typeof documentKinds)[number];

/** A Markdown text: a plan of a task, or a doc or a note to remember of a project. */
@Entity('documents')
@Index('documents_task', ['task_id', 'id'], { where: 'task_id IS NOT NULL' })
@Index('documents_project', ['project_id', 'kind', 'id'], { where: 'project_id IS NOT NULL' })
@Index('documents_words', { synchronize: false })
@Index('documents_tags', { synchronize: false })
export class Document {
  @Id()
  id!: string;

  @Column('text')
  kind!: DocumentKind;

  /** The project of a doc or a memory; a plan is in the project of its task. */
  @Column('uuid', { nullable: true })
  project_id!: string | null;

  @Column('uuid', { nullable: true })
  task_id!: string | null;

  @Column('text', { default: '' })
  title!: string;

  @Column('text')
  body!: string;

  @Column('text', { array: true, default: [] })
  tags!: string[];

  @Column('uuid')
  created_by!: string;

  @Column('uuid')
  updated_by!: string;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  @Column('integer', { default: 1 })
  version!: number;

  /** What it takes with all its versions. */
  @Column('bigint')
  bytes!: string;

  /** The search vector; a trigger maintains it. */
  @Column('tsvector', { select: false, nullable: true })
  words!: string;
}
