import { Column, Entity, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

/** A version of a plan or a doc, the present one too. */
@Entity('document_versions')
export class DocumentVersion {
  @PrimaryColumn('uuid')
  document_id!: string;

  @PrimaryColumn('integer')
  version!: number;

  @Column('text')
  title!: string;

  @Column('text')
  body!: string;

  /** What its author says about the change. */
  @Column('text', { nullable: true })
  change_note!: string | null;

  @Column('uuid')
  author_id!: string;

  @CreatedInstant()
  created_at!: Date;
}
