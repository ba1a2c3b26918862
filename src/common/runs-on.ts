import { listOf } from './fields.js';
import { labelSet, workerLabel } from './worker-labels.js';

/** The labels that a worker must have, all of them. */
export const runsOn = listOf(workerLabel, { most: 20 })
  .transform(labelSet)
  .meta({ examples: [['gpu', 'os:linux']] });
