import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';

export const labelKinds = ['task', 'project'] as const;
export type LabelKind = (typeof labelKinds)[number];

/**
 * A name in the catalogue of labels, with its colour and meaning. The tags of a task are what is attached to it; a tag that is new to its
 * project makes an entry here.
 */
@Entity('labels')
@Index('labels_project', ['project_id', 'id'])
// by its name in lower case, once in a project or in the whole installation
@Index('labels_name', { synchronize: false })
export class Label {
  @Id()
  id!: string;

  /** Null for a label of the whole installation. */
  @Column('uuid', { nullable: true })
  project_id!: string | null;

  @Column('text', { default: 'task' })
  kind!: LabelKind;

  @Column('text')
  name!: string;

  /** Such as `#e03e3e`. */
  @Column('text', { nullable: true })
  color!: string | null;

  @Column('text', { default: '' })
  description!: string;

  @Column('uuid', { nullable: true })
  created_by!: string | null;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  @Instant({ nullable: true })
  archived_at!: Date | null;

  @Column('integer', { default: 1 })
  version!: number;
}
