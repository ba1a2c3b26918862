import { z } from 'zod';
import { projectIdParam } from '../projects/project-access.js';

export const moveTaskSchema = z
  .object({ project_id: projectIdParam })
  .meta({ id: 'MoveTask', examples: [{ project_id: 'SHOP' }] });
export type MoveTask = z.output<typeof moveTaskSchema>;
