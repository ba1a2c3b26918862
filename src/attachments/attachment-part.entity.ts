import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A part of the content of a file, so that it is sent without being in memory as a whole. */
@Entity('attachment_parts')
export class AttachmentPart {
  @PrimaryColumn('uuid')
  attachment_id!: string;

  /** From 0. */
  @PrimaryColumn('integer')
  part!: number;

  @Column('bytea')
  bytes!: Buffer;
}
