import type { MigrationInterface, QueryRunner } from 'typeorm';
import { buildIndexes } from './build-indexes.js';

/** Lists the dependents of a task in the order of their ids, so that a batch of them is found without sorting all: 50,000 may wait for one. */
export class DependentsInOrder1797101000000 implements MigrationInterface {
  transaction = false;

  up(runner: QueryRunner): Promise<void> {
    return buildIndexes(runner, {
      task_dependencies_reverse: '"task_dependencies" ("depends_on_task_id", "task_id")',
    });
  }

  down(runner: QueryRunner): Promise<void> {
    return buildIndexes(runner, { task_dependencies_reverse: '"task_dependencies" ("depends_on_task_id")' });
  }
}
