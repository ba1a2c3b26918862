import { Column, Entity, Index } from 'typeorm';
import { CreatedInstant, Id } from '../infra/columns.js';

@Entity('task_dependencies')
@Index('task_dependencies_key', ['task_id', 'depends_on_task_id'], { unique: true })
@Index('task_dependencies_reverse', ['depends_on_task_id', 'task_id'])
export class TaskDependency {
  @Id()
  id!: string;

  @Column('uuid')
  task_id!: string;

  @Column('uuid')
  depends_on_task_id!: string;

  @Column('text', { default: 'blocks' })
  dependency_type!: 'blocks';

  @CreatedInstant()
  created_at!: Date;
}
