import { Column, Entity, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from './columns.js';

/** A setting of the whole installation, such as an announced maintenance window. */
@Entity('system_settings')
export class SystemSetting {
  @PrimaryColumn('text')
  name!: string;

  @Column('jsonb')
  value!: unknown;

  @CreatedInstant()
  updated_at!: Date;
}
