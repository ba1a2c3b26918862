import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { CreatedInstant } from '../infra/columns.js';

@Entity('project_members')
export class ProjectMember {
  @PrimaryColumn('uuid')
  project_id!: string;

  @PrimaryColumn('uuid')
  @Index('project_members_user')
  user_id!: string;

  @Column('text')
  role!: 'viewer' | 'developer' | 'owner';

  @CreatedInstant()
  created_at!: Date;
}
