import { z } from 'zod';
import { byteSizeSchema } from '../common/bytes.js';
import { durationSchema } from '../common/duration.js';
import { id, instant, jsonObject, toInstant, versionField } from '../common/fields.js';
import { pageQuery, pageSchema } from '../http/pagination.js';
import { shell } from '../common/shell.js';
import { queryFlag, querySchema } from '../http/query.js';
import type { Project } from './project.entity.js';
import { runsOn } from '../common/runs-on.js';
import { runLimitsSchema } from '../common/run-limits.js';

export const projectStatuses = ['active', 'archived', 'completed'] as const;
export const memberRoles = ['viewer', 'developer', 'owner'] as const;
export type MemberRole = (typeof memberRoles)[number];

const settingsSchema = jsonObject().pipe(
  z
    .looseObject({
      theme: z.string().max(50),
      notifications: z.boolean(),
      auto_assign: z.boolean().meta({ description: 'A new task without assignee goes to its maker' }),
      command_template: z.string().min(1).max(65_536).meta({
        description:
          'Run for tasks without a command; sees the task as TASK_ID, TASK_TITLE, TASK_DESCRIPTION …',
      }),
      shell: shell.nullable().meta({
        description: 'The program that runs the commands which name none; sh unless it is set',
      }),
      output_retention_days: z.int().min(1).max(3650).nullable().meta({
        description: "How long the output of ended runs is kept; null for the server's OUTPUT_RETENTION_DAYS",
      }),
      max_claims: z.int().min(1).max(1000).meta({
        description: 'After how many lapsed claims a task is blocked; 5 unless it is set',
      }),
      runs_on: runsOn.nullable().meta({
        description: 'The labels that a worker must have for commands, and for tasks that name none',
      }),
      network: z.boolean().meta({
        description:
          'false runs commands without a network; where workers do not isolate their runs, such a run fails instead',
      }),
    })
    .partial(),
);

const limitsSchema = z.object({
  max_tasks: z.int().min(1).max(10_000_000),
  max_concurrent_tasks: z.int().min(1).max(10_000),
  storage_limit: byteSizeSchema,
  default_run_limits: runLimitsSchema
    .optional()
    .meta({ description: 'The limits of runs that request none' }),
  max_run_limits: runLimitsSchema
    .optional()
    .meta({ description: 'The maximum that a run may request; also applies to runs that request none' }),
});

export const defaultLimits = { max_tasks: 1000, max_concurrent_tasks: 10, storage_limit: '1GB' };

const shape = {
  name: z.string().trim().min(1).max(200),
  description: z.string().max(20_000),
  visibility: z.enum(['private', 'internal']),
};

export const createProjectSchema = z
  .object({
    name: shape.name,
    key: z
      .string()
      .regex(/^[A-Z][A-Z0-9]{1,9}$/, 'Use 2 to 10 capital letters and digits, a letter first')
      .optional()
      .meta({
        description: 'The prefix of task refs; derived from the name when absent',
        examples: ['SHOP'],
      }),
    description: shape.description.default(''),
    visibility: shape.visibility.default('private'),
    settings: settingsSchema.prefault({}),
    resource_limits: limitsSchema.partial().default({}),
  })
  .meta({
    id: 'CreateProject',
    examples: [
      {
        name: 'E-commerce Platform',
        description: 'Shop, cart and payment',
        settings: { theme: 'dark', notifications: true, auto_assign: false },
        resource_limits: { max_tasks: 500, max_concurrent_tasks: 5, storage_limit: '1GB' },
      },
    ],
  });
export type CreateProject = z.output<typeof createProjectSchema>;

export const updateProjectSchema = z
  .object({
    ...shape,
    status: z.enum(projectStatuses),
    settings: settingsSchema.meta({ description: 'Merged into the current settings' }),
    resource_limits: limitsSchema.partial(),
  })
  .partial()
  .extend({ version: versionField })
  .meta({
    id: 'UpdateProject',
    examples: [
      {
        name: 'E-commerce Platform v2',
        status: 'active',
        settings: { theme: 'light', notifications: false },
      },
    ],
  });
export type UpdateProject = z.output<typeof updateProjectSchema>;

const count = z.int().min(0);
export const statisticsSchema = z
  .object({
    total_tasks: count,
    completed_tasks: count,
    pending_tasks: count,
    running_tasks: count,
    failed_tasks: count,
    cancelled_tasks: count,
  })
  .meta({ id: 'ProjectStatistics' });
export type ProjectStatistics = z.output<typeof statisticsSchema>;

export const projectSchema = z
  .object({
    id,
    key: z.string(),
    name: z.string(),
    description: z.string(),
    status: z.enum(projectStatuses),
    visibility: z.enum(['private', 'internal']),
    agent_id: id.nullable().meta({ description: 'The agent whose backlog it is' }),
    created_by: id,
    created_at: instant,
    updated_at: instant,
    settings: z.record(z.string(), z.unknown()),
    resource_limits: limitsSchema,
    version: z.int(),
    statistics: statisticsSchema,
  })
  .meta({ id: 'Project' });
export type ProjectView = z.output<typeof projectSchema>;

export const projectDetailSchema = projectSchema
  .extend({
    statistics: statisticsSchema.extend({
      completion_rate: z.number().min(0).max(1),
      average_task_duration: durationSchema.nullable(),
    }),
    recent_activity: z
      .array(
        z.object({
          timestamp: instant,
          action: z.string(),
          task_title: z.string().nullable(),
          user_name: z.string().nullable(),
        }),
      )
      .meta({
        description: 'The last 20 entries, without those that the scopes of the token do not allow to read',
      }),
  })
  .meta({ id: 'ProjectDetail' });
export type ProjectDetail = z.output<typeof projectDetailSchema>;

export function toProject(project: Project, statistics: ProjectStatistics): ProjectView {
  const {
    id,
    key,
    name,
    description,
    status,
    visibility,
    agent_id,
    created_by,
    settings,
    resource_limits,
    version,
  } = project;
  return {
    id,
    key,
    name,
    description,
    status,
    visibility,
    agent_id,
    created_by,
    created_at: toInstant(project.created_at),
    updated_at: toInstant(project.updated_at),
    settings,
    resource_limits,
    version,
    statistics,
  };
}

export const projectListQuery = pageQuery(20).extend({
  status: z.enum(projectStatuses).optional().meta({ description: 'Projects in this state' }),
  created_by: id.optional().meta({ description: 'Projects that this user has created' }),
  search: z.string().max(200).optional().meta({ description: 'Words in the name or the description' }),
  sort: z
    .enum(['name', 'created_at', 'updated_at'])
    .default('created_at')
    .meta({ description: 'The sort key' }),
});
export type ProjectListQuery = z.output<typeof projectListQuery>;
export const projectPageSchema = pageSchema(projectSchema).meta({ id: 'ProjectPage' });

export const deleteProjectQuery = querySchema({
  permanent: queryFlag.default(false).meta({ description: 'Whether to remove the project for good' }),
});
export type DeleteProjectQuery = z.output<typeof deleteProjectQuery>;

export const deletedSchema = z.object({ message: z.string(), deleted_at: instant }).meta({ id: 'Deleted' });

export const memberSchema = z
  .object({
    user_id: id,
    username: z.string(),
    full_name: z.string().nullable(),
    role: z.enum(memberRoles),
    created_at: instant,
  })
  .meta({ id: 'ProjectMember' });
export type MemberView = z.output<typeof memberSchema>;
export const membersSchema = z.object({ members: z.array(memberSchema) }).meta({ id: 'ProjectMembers' });
export const setMemberSchema = z
  .object({ role: z.enum(memberRoles) })
  .meta({ id: 'SetProjectMember', examples: [{ role: 'developer' }] });
