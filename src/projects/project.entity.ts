import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id, Instant } from '../infra/columns.js';
import type { RunLimits } from '../common/run-limits.js';

export interface ProjectSettings {
  theme?: string | undefined;
  notifications?: boolean | undefined;
  auto_assign?: boolean | undefined;
  command_template?: string | undefined;
  /** The program that runs the commands which name none. */
  shell?: string | null | undefined;
  /** The retention of output in days; null for the default of the server. */
  output_retention_days?: number | null | undefined;
  /** After how many lapsed claims a task is blocked. */
  max_claims?: number | undefined;
  /** The labels that a worker must have for runs that name none. */
  runs_on?: string[] | null | undefined;
  /** Whether commands have a network. */
  network?: boolean | undefined;
  [key: string]: unknown;
}

export interface ResourceLimits {
  max_tasks: number;
  max_concurrent_tasks: number;
  storage_limit: string;
  /** The limits of runs that request none. */
  default_run_limits?: RunLimits | undefined;
  /** The upper bounds for requested limits, which also apply to runs that request none. */
  max_run_limits?: RunLimits | undefined;
}

@Entity('projects')
export class Project {
  @Id()
  id!: string;

  /** The prefix of the refs of its tasks, such as `SHOP`. */
  @Column('text')
  @Index('projects_key_key', { unique: true })
  key!: string;

  /** How many digits the number of a ref has at least: `SHOP-7` or `MKT-007`. */
  @Column('smallint', { default: 1 })
  ref_digits!: number;

  /** The agent whose backlog it is. */
  @Column('uuid', { nullable: true })
  @Index('projects_agent_key', { unique: true, where: 'agent_id IS NOT NULL' })
  agent_id!: string | null;

  @Column('text')
  name!: string;

  @Column('text', { default: '' })
  description!: string;

  @Column('text', { default: 'active' })
  status!: 'active' | 'archived' | 'completed';

  @Column('text', { default: 'private' })
  visibility!: 'private' | 'internal';

  @Column('jsonb', { default: {} })
  settings!: ProjectSettings;

  @Column('jsonb')
  resource_limits!: ResourceLimits;

  @Column('uuid')
  @Index('projects_created_by')
  created_by!: string;

  @CreatedInstant()
  created_at!: Date;

  @CreatedInstant()
  updated_at!: Date;

  @Instant({ nullable: true })
  deleted_at!: Date | null;

  /** Determines the user of its commands on hosts where each project has one; null before the first run there. See `commandUser`. */
  @Column('integer', { nullable: true, select: false })
  @Index('projects_command_user_number_key', { unique: true })
  command_user_number!: number | null;

  @Column('integer', { default: 1 })
  version!: number;
}
