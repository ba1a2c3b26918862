import { z } from 'zod';
import { id, instant, listOf } from '../common/fields.js';
import { agentParam } from '../agents/agents.schema.js';
import { projectIdParam } from '../projects/project-access.js';
import { tag, taskFields } from '../tasks/task-fields.schema.js';
import { taskTypes } from '../tasks/task.entity.js';
import { taskSchema } from '../tasks/tasks.schema.js';

const leaseSeconds = z.int().min(1).max(86_400).default(300).meta({
  description: 'How long the claim lasts unless it is renewed, in seconds',
});

export const claimSchema = z
  .object({
    claim_id: id,
    token: z.string().meta({
      description: 'Proves that you hold the claim; needed to renew and to end it',
      examples: ['5KJQw7rX0mN2sTzV8bPcYdLe'],
    }),
    expires_at: instant,
    task: taskSchema,
  })
  .meta({ id: 'Claim' });
export type ClaimView = z.output<typeof claimSchema>;

export const claimNextSchema = z
  .object({
    project_id: projectIdParam.optional(),
    agent_id: agentParam.optional().meta({
      description: 'The agent whose backlog is worked on, instead of a project',
    }),
    types: listOf(z.enum(taskTypes), { least: 1, most: taskTypes.length })
      .optional()
      .meta({ description: 'Only tasks of these types' }),
    labels: listOf(tag, { least: 1, most: 50 })
      .optional()
      .meta({ description: 'Only tasks with all of these labels' }),
    lease_seconds: leaseSeconds,
    wait_seconds: z.int().min(0).max(60).default(0).meta({
      description: 'How long to wait for a task when there is none, in seconds',
    }),
  })
  .refine(({ project_id, agent_id }) => project_id === undefined || agent_id === undefined, {
    path: ['agent_id'],
    message: 'Send a project or an agent',
  })
  .meta({ id: 'ClaimNext', examples: [{ project_id: 'SHOP', types: ['bug'], wait_seconds: 30 }] });
export type ClaimNext = z.output<typeof claimNextSchema>;

export const claimTaskSchema = z
  .object({ lease_seconds: leaseSeconds })
  .prefault({})
  .meta({ id: 'ClaimTask', examples: [{ lease_seconds: 600 }] });
export type ClaimTask = z.output<typeof claimTaskSchema>;

const token = z.string().min(1).max(200).meta({ description: 'The token of the claim' });
const reason = z.string().trim().min(1).max(2000);

export const heartbeatSchema = z
  .object({ token })
  .meta({ id: 'ClaimHeartbeat', examples: [{ token: '5KJQw7rX0mN2sTzV8bPcYdLe' }] });
export type Heartbeat = z.output<typeof heartbeatSchema>;

export const renewedClaimSchema = z
  .object({ claim_id: id, expires_at: instant })
  .meta({ id: 'RenewedClaim' });
export type RenewedClaim = z.output<typeof renewedClaimSchema>;

export const releaseClaimSchema = z
  .object({ token, note: reason.optional().meta({ description: 'Kept in the history of the task' }) })
  .meta({ id: 'ReleaseClaim', examples: [{ token: '5KJQw7rX0mN2sTzV8bPcYdLe', note: 'Needs a person' }] });
export type ReleaseClaim = z.output<typeof releaseClaimSchema>;

export const completeClaimSchema = z.object({ token, result: taskFields.result.default(null) }).meta({
  id: 'CompleteClaim',
  examples: [{ token: '5KJQw7rX0mN2sTzV8bPcYdLe', result: 'Three posts are in the drafts' }],
});
export type CompleteClaim = z.output<typeof completeClaimSchema>;

export const failClaimSchema = z
  .object({
    token,
    reason: reason.meta({ description: 'Becomes the result of a task that has failed' }),
    retry: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether the task is open again, rather than failed' }),
  })
  .meta({
    id: 'FailClaim',
    examples: [{ token: '5KJQw7rX0mN2sTzV8bPcYdLe', reason: 'The tests do not pass', retry: false }],
  });
export type FailClaim = z.output<typeof failClaimSchema>;
