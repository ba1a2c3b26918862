import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A part of the content of a kept file, so that it is stored and sent without being in memory as a whole. */
@Entity('artifact_parts')
export class ArtifactPart {
  @PrimaryColumn('uuid')
  artifact_id!: string;

  /** From 0. */
  @PrimaryColumn('integer')
  part!: number;

  @Column('bytea')
  bytes!: Buffer;
}
