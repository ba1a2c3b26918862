import { z } from 'zod';
import { labelSet, workerLabel } from './worker-labels.js';

/** The labels that a worker must have, all of them. */
export const runsOn = z
  .array(workerLabel)
  .max(20)
  .transform(labelSet)
  .meta({ examples: [['gpu', 'os:linux']] });
