import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What an import made of an entry of its file that has no name of its own in the project, so that the same file again makes nothing. */
@Entity('imported_entries')
export class ImportedEntry {
  @PrimaryColumn('uuid')
  project_id!: string;

  /** A hash of where the entry is from, or of its content. */
  @PrimaryColumn('text')
  key!: string;

  /** The task or the document. */
  @Column('uuid')
  entity_id!: string;
}
