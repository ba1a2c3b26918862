import { Column, Entity, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from './columns.js';

/** Facts about the whole installation, such as announced maintenance. */
@Entity('system_settings')
export class SystemSetting {
  @PrimaryColumn('text')
  name!: string;

  @Column('jsonb')
  value!: unknown;

  @CreatedInstant()
  updated_at!: Date;
}
