// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
export interface components {
  schemas: {
    AnnounceMaintenance: {
      /** @description A duration, HH:MM:SS */
      duration: string;
      /** @default Scheduled maintenance */
      message?: string;
      /**
       * Format: date-time
       * @description Now, when absent
       */
      startsAt?: string;
    };
    AuthEndOtherSessionsQuery: {
      /**
       * Format: uuid
       * @description Of another user, for administrators
       */
      userId?: string;
    };
    AuthListSessionsQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /**
       * Format: uuid
       * @description Of another user, for administrators
       */
      userId?: string;
    };
    AuthSession: {
      /** @description Where it was opened from */
      address: string | null;
      /**
       * Format: date-time
       * @description When the password was given
       */
      createdAt: string;
      /** @description It is the one that asks */
      current: boolean;
      /**
       * Format: date-time
       * @description When it ends unless its tokens are renewed
       */
      expiresAt: string;
      /** Format: uuid */
      id: string;
      /**
       * Format: date-time
       * @description Up to about a minute late
       */
      lastUsedAt: string;
      userAgent: string | null;
      /** Format: uuid */
      userId: string;
    };
    AuthSessionPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['AuthSession'][];
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      page: number;
      pageSize: number;
      pages: number;
      pagination: {
        links: {
          first: string;
          last: string;
          next: string | null;
          previous: string | null;
        };
        page: number;
        pageSize: number;
        pages: number;
        total: number;
      };
      total: number;
    };
    BulkResult: {
      affectedCount: number;
      errors: {
        code: string;
        message: string;
        taskId: string;
      }[];
      failed: string[];
      /** @enum {string} */
      operation: 'update_status' | 'assign' | 'add_tags' | 'remove_tags' | 'delete' | 'set_priority';
      successful: string[];
    };
    BulkTasks:
      | {
          data: {
            progressPercentage?: number;
            /** @enum {string} */
            status: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
          };
          /** @enum {string} */
          operation: 'update_status';
          taskIds: string[];
        }
      | {
          data: {
            /** @description Somebody who can see the project. Who loses that later keeps the task until it is given to another */
            assignedTo: string | null;
          };
          /** @enum {string} */
          operation: 'assign';
          taskIds: string[];
        }
      | {
          data: {
            tags: string[];
          };
          /** @enum {string} */
          operation: 'add_tags';
          taskIds: string[];
        }
      | {
          data: {
            tags: string[];
          };
          /** @enum {string} */
          operation: 'remove_tags';
          taskIds: string[];
        }
      | {
          /** @default {} */
          data?: {
            [key: string]: unknown;
          };
          /** @enum {string} */
          operation: 'delete';
          taskIds: string[];
        }
      | {
          data: {
            /** @description 1 is the most urgent */
            priority: number;
          };
          /** @enum {string} */
          operation: 'set_priority';
          taskIds: string[];
        };
    Cancel: {
      /** @default null */
      reason?: string | null;
    };
    CancelCommand: {
      /** @default null */
      reason?: string | null;
    };
    CancelledCommand: {
      cancelledAt: string | null;
      /** Format: uuid */
      commandId: string;
      /** @description -15 after SIGTERM, -9 after SIGKILL; null when it never ran */
      exitCode: number | null;
      reason: string | null;
      /** @enum {string} */
      status: 'cancelled' | 'cancelling';
    };
    CancelledTask: {
      cancelledAt: string | null;
      /** Format: uuid */
      executionId: string;
      exitCode: number | null;
      reason: string | null;
      /** @enum {string} */
      status: 'cancelled' | 'cancelling' | 'completed' | 'failed';
      /** Format: uuid */
      taskId: string;
    };
    ChangePassword: {
      currentPassword: string;
      newPassword: string;
    };
    ChangePriority: {
      /** @enum {string} */
      priority: 'high' | 'normal' | 'low';
      taskIds: string[];
    };
    ClearQueue: {
      /** @enum {boolean} */
      confirm: true;
      /** @enum {string} */
      queueName: 'high_priority' | 'normal_priority' | 'low_priority';
    };
    CloneProject: {
      /**
       * @description Copy settings, limits and visibility; else the defaults
       * @default true
       */
      includeSettings?: boolean;
      /**
       * @description Copy the tasks too, as pending ones with new ids and numbers. A token needs the scope `tasks.write` for it
       * @default false
       */
      includeTasks?: boolean;
      /** @description Prefix of task refs; made from the name when absent */
      key?: string;
      name: string;
    };
    ClonedProject: {
      /** Format: uuid */
      clonedFrom: string;
      clonedTasks: number;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      /** Format: uuid */
      id: string;
      key: string;
      name: string;
      resourceLimits: {
        /** @description For runs that ask for none of their own */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks: number;
        /** @description The most that a run may ask for, and the limits of those that ask for nothing */
        maxRunLimits?: components['schemas']['RunLimits'];
        maxTasks: number;
        storageLimit: string;
      };
      settings: {
        [key: string]: unknown;
      };
      statistics: components['schemas']['ProjectStatistics'];
      /** @enum {string} */
      status: 'active' | 'archived' | 'completed';
      /** Format: date-time */
      updatedAt: string;
      version: number;
      /** @enum {string} */
      visibility: 'private' | 'internal';
    };
    CommandHistory: {
      commands: {
        command: string;
        /** Format: uuid */
        commandId: string;
        /** @description True when `command` is longer than the 1024 characters that a list shows */
        commandTruncated: boolean;
        completedAt: string | null;
        /** @description Seconds, to one decimal */
        duration: number | null;
        exitCode: number | null;
        projectId: string | null;
        reason:
          | (
              | 'TASK_EXECUTION_FAILED'
              | 'TASK_TIMEOUT'
              | 'TASK_CANCELLED'
              | 'TASK_DEPENDENCY_NOT_MET'
              | 'WORKER_LOST'
              | 'WORKER_SHUTDOWN'
              | 'OUTPUT_LIMIT_EXCEEDED'
            )
          | null;
        startedAt: string | null;
        /** @enum {string} */
        status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
        taskId: string | null;
      }[];
      limit: number;
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      offset: number;
      total: number;
    };
    CommandStatus: {
      command: string;
      /** Format: uuid */
      commandId: string;
      completedAt: string | null;
      /** @description Seconds, to one decimal */
      duration: number | null;
      error: string | null;
      /** @description A signal N shows as -N */
      exitCode: number | null;
      limits: components['schemas']['RunLimits'];
      /** @description false: it has no network */
      network: boolean;
      /** @description At most the last 256 KiB */
      output: components['schemas']['OutputFrame'][];
      /** @description Of the whole output, as far as it is stored */
      outputBytes: number;
      /** @description Bytes of output left out, because there was more than the limit of the run */
      outputOmitted: number;
      /** @description When the output was removed because its time was over */
      outputPrunedAt: string | null;
      pid: number | null;
      projectId: string | null;
      reason:
        | (
            | 'TASK_EXECUTION_FAILED'
            | 'TASK_TIMEOUT'
            | 'TASK_CANCELLED'
            | 'TASK_DEPENDENCY_NOT_MET'
            | 'WORKER_LOST'
            | 'WORKER_SHUTDOWN'
            | 'OUTPUT_LIMIT_EXCEEDED'
          )
        | null;
      startedAt: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
      taskId: string | null;
      /** @description Seconds */
      timeout: number;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      workingDirectory: string;
    };
    CommandSuggestion: {
      category: string;
      command: string;
      description: string;
    };
    CommandSuggestions: {
      suggestions: components['schemas']['CommandSuggestion'][];
    };
    CommandsHistoryQuery: {
      /** @description Items at most */
      limit?: number;
      /** @description Items left out before them */
      offset?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /** @description Comma-separated: queued, running, completed, failed, cancelled */
      status?: string | string[];
    };
    CommandsOutputQuery: {
      /** @description The first byte, in the output of both streams */
      fromOffset?: number;
      /** @description At most so many bytes of the output of both streams, from the first byte on */
      limit?: number;
      /** @description The last lines */
      tail?: number;
      /**
       * @description One stream only
       * @enum {string}
       */
      stream?: 'stdout' | 'stderr';
      /**
       * @description strip takes out colours and other terminal control sequences
       * @default keep
       * @enum {string}
       */
      ansi?: 'keep' | 'strip';
      /** @description true goes on until the command ends */
      follow?: string | string[];
      /**
       * @description true names a file for browsers to save
       * @default false
       * @enum {string}
       */
      download?: 'true' | 'false';
    };
    CommandsSearchOutputQuery: {
      /** @description Text to look for, as it is; never an expression */
      q: string;
      /**
       * @description true takes A to Z and a to z for the same
       * @default false
       * @enum {string}
       */
      ignoreCase?: 'true' | 'false';
      /** @description Lines shown before and after */
      context?: number;
      /** @description Matching lines in an answer, at most; 4 MiB of text end one too */
      limit?: number;
      /**
       * @description One stream only; lines are counted in it
       * @enum {string}
       */
      stream?: 'stdout' | 'stderr';
      /**
       * @description strip takes out colours and other terminal control sequences
       * @default keep
       * @enum {string}
       */
      ansi?: 'keep' | 'strip';
      /**
       * @description next_cursor of the answer before
       * @default 0.1
       */
      cursor?: string;
    };
    CommandsStatusQuery: {
      /** @description Only the last lines of the output */
      tail?: number;
    };
    CommandsSuggestionsQuery: {
      /**
       * @description A topic such as git; an unknown one suggests of all
       * @default
       */
      context?: string;
      /**
       * @description What has been typed
       * @default
       */
      prefix?: string;
    };
    CreatePersonalAccessToken: {
      /** @description When the token ends; null for never */
      expiresAt?: string | null;
      /** @description What the token is for */
      label: string;
      scopes: components['schemas']['TokenScope'][];
    };
    CreateProject: {
      /** @default  */
      description?: string;
      /** @description Prefix of task refs; made from the name when absent */
      key?: string;
      name: string;
      /** @default {} */
      resourceLimits?: {
        /** @description For runs that ask for none of their own */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks?: number;
        /** @description The most that a run may ask for, and the limits of those that ask for nothing */
        maxRunLimits?: components['schemas']['RunLimits'];
        maxTasks?: number;
        storageLimit?: string;
      };
      /** @default {} */
      settings?: {
        [key: string]: unknown;
      };
      /**
       * @default private
       * @enum {string}
       */
      visibility?: 'private' | 'internal';
    };
    CreateSession: {
      projectId?: string | null;
      /** @default {} */
      settings?: {
        [key: string]: unknown;
      };
    };
    CreateTask: {
      /**
       * @description Somebody who can see the project. Who loses that later keeps the task until it is given to another
       * @default null
       */
      assignedTo?: string | null;
      /** @default null */
      command?: string | null;
      /**
       * @description Tasks of the same project that must be completed before this one runs
       * @default []
       */
      dependencies?: string[];
      /** @default  */
      description?: string;
      /**
       * @description Variables for the command
       * @default {}
       */
      environment?: {
        [key: string]: string;
      };
      estimatedDuration?: string | null;
      /**
       * @description Exit codes after which no other attempt follows
       * @default []
       */
      finalExitCodes?: number[];
      /** @default {} */
      limits?: components['schemas']['RunLimits'];
      /** @default {} */
      metadata?: {
        [key: string]: unknown;
      };
      /**
       * @description 1 is the most urgent
       * @default 5
       */
      priority?: number;
      /** @description The id of a project, or its key */
      projectId: string;
      /**
       * @description How many more attempts follow a failed one
       * @default 0
       */
      retryAttempts?: number;
      /** @default [] */
      tags?: string[];
      /** @default null */
      timeout?: number | null;
      title: string;
      /** @default null */
      workingDirectory?: string | null;
    };
    CreateUser: {
      /** @default null */
      avatarUrl?: string | null;
      /** Format: email */
      email: string;
      /** @default null */
      fullName?: string | null;
      password: string;
      /**
       * @default developer
       * @enum {string}
       */
      role?: 'viewer' | 'developer' | 'admin';
      /**
       * @default standard
       * @enum {string}
       */
      tier?: 'standard' | 'premium';
      username: string;
    };
    CreateWebhook: {
      /** @default true */
      active?: boolean;
      /** @default  */
      description?: string;
      /** @description Exact names, all of a kind, or `*`. System events reach webhooks without a project; a webhook of a project hears only of what concerns the project */
      events: (
        | 'task.created'
        | 'task.updated'
        | 'task.completed'
        | 'task.failed'
        | 'project.created'
        | 'project.updated'
        | 'system.maintenance'
        | 'system.alert'
        | 'task.*'
        | 'project.*'
        | 'system.*'
        | '*'
      )[];
      /** @description The id or key of a project; null hears of everything and takes an administrator */
      projectId?: string | null;
      /** @description Signs what is sent; made by us when absent */
      secret?: string;
      /** Format: uri */
      url: string;
    };
    Deleted: {
      /** Format: date-time */
      deletedAt: string;
      message: string;
    };
    DeletedWebhook: {
      /** Format: date-time */
      deletedAt: string;
      message: string;
    };
    DetailedHealth: {
      checks: {
        database: {
          connections: {
            active: number;
            idle: number;
            total: number;
          };
          /** @description Milliseconds */
          responseTime: number | null;
          /** @enum {string} */
          status: 'healthy' | 'unhealthy';
        };
        redis: {
          connectedClients: number | null;
          memoryUsage: string | null;
          /** @enum {string} */
          status: 'healthy' | 'unhealthy' | 'disabled';
        };
        websocket: {
          activeConnections: number;
          /** @description Milliseconds, from the sockets’ own pings */
          avgLatency: number | null;
          /** @enum {string} */
          status: 'healthy' | 'unhealthy';
        };
      };
      metrics: {
        /** @description Milliseconds, over the last minute */
        averageResponseTime: number | null;
        /** @description Share of answers with status 500 or more, over the last minute */
        errorRate: number;
        requestsPerMinute: number;
      };
      /** @enum {string} */
      status: 'healthy' | 'unhealthy';
      /** Format: date-time */
      timestamp: string;
    };
    EndedSessions: {
      /** @description How many sessions were open */
      ended: number;
      message: string;
    };
    ErrorEnvelope: {
      data: null;
      error: {
        /** @enum {string} */
        code:
          | 'AUTH_TOKEN_INVALID'
          | 'AUTH_TOKEN_EXPIRED'
          | 'AUTH_TOKEN_MISSING'
          | 'AUTH_INVALID_CREDENTIALS'
          | 'AUTH_INSUFFICIENT_PERMISSIONS'
          | 'AUTH_ACCOUNT_DISABLED'
          | 'VALIDATION_ERROR'
          | 'VALIDATION_REQUIRED_FIELD'
          | 'VALIDATION_INVALID_FORMAT'
          | 'VALIDATION_VALUE_TOO_LONG'
          | 'VALIDATION_VALUE_TOO_SHORT'
          | 'MALFORMED_REQUEST'
          | 'METHOD_NOT_ALLOWED'
          | 'REQUEST_TIMEOUT'
          | 'PAYLOAD_TOO_LARGE'
          | 'ANSWER_TOO_LARGE'
          | 'HEADERS_TOO_LARGE'
          | 'UNSUPPORTED_MEDIA_TYPE'
          | 'RESOURCE_NOT_FOUND'
          | 'OUTPUT_PRUNED'
          | 'RANGE_NOT_SATISFIABLE'
          | 'RESOURCE_ALREADY_EXISTS'
          | 'RESOURCE_IN_USE'
          | 'RESOURCE_LIMIT_EXCEEDED'
          | 'SECRETS_UNPROTECTED'
          | 'VERSION_CONFLICT'
          | 'IDEMPOTENCY_CONFLICT'
          | 'TASK_NOT_FOUND'
          | 'TASK_ALREADY_RUNNING'
          | 'TASK_NOT_RUNNING'
          | 'TASK_NOT_RETRYABLE'
          | 'TASK_EXECUTION_FAILED'
          | 'TASK_TIMEOUT'
          | 'TASK_CANCELLED'
          | 'TASK_DEPENDENCY_NOT_MET'
          | 'TASK_NOT_EXECUTABLE'
          | 'COMMAND_UNSAFE'
          | 'COMMAND_NOT_RUNNING'
          | 'PROJECT_NOT_FOUND'
          | 'PROJECT_ACCESS_DENIED'
          | 'PROJECT_ARCHIVED'
          | 'PROJECT_LIMIT_EXCEEDED'
          | 'RATE_LIMIT_EXCEEDED'
          | 'QUEUE_FULL'
          | 'SYSTEM_MAINTENANCE'
          | 'SYSTEM_OVERLOADED'
          | 'DATABASE_ERROR'
          | 'WEBSOCKET_CONNECTION_FAILED'
          | 'INTERNAL_ERROR';
        details: {
          [key: string]: unknown;
        };
        message: string;
      };
      meta: components['schemas']['Meta'];
    };
    ExecuteCommand: {
      /**
       * @description Administrators only: run what looks destructive
       * @default false
       */
      allowUnsafe?: boolean;
      /** @description Run by /bin/sh, or by the interpreter that a first line `#!` names */
      command: string;
      /**
       * @description Variables for the command
       * @default {}
       */
      environment?: {
        [key: string]: string;
      };
      /** @default {} */
      limits?: components['schemas']['RunLimits'];
      /**
       * @default normal
       * @enum {string}
       */
      priority?: 'high' | 'normal' | 'low';
      /** @description Run in this project's workspace instead of your own */
      projectId?: string | null;
      /**
       * @description false waits for the end and answers with the output
       * @default true
       */
      streamOutput?: boolean;
      /**
       * @description Seconds
       * @default null
       */
      timeout?: number | null;
      /** @default null */
      workingDirectory?: string | null;
    };
    ExecuteTask: {
      options?: {
        /** @description Run what validate calls unsafe; for administrators */
        allowUnsafe?: boolean;
        /** @description Exit codes after which no other attempt follows */
        finalExitCodes?: number[];
        limits?: components['schemas']['RunLimits'];
        /** @description How many more attempts follow a failed one */
        retryAttempts?: number;
        /** @description Seconds */
        timeout?: number;
      };
      /**
       * @default normal
       * @enum {string}
       */
      priority?: 'high' | 'normal' | 'low';
    };
    ExecutedCommand: components['schemas']['CommandStatus'] | components['schemas']['StartedCommand'];
    Execution: {
      attempt: number;
      command: string;
      completedAt: string | null;
      duration: string | null;
      error: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description A signal N shows as -N */
      exitCode: number | null;
      finalExitCodes: number[];
      limits: components['schemas']['RunLimits'];
      /** @description false: it has no network */
      network: boolean;
      /** @description Kept, or kept once and removed by now */
      outputBytes: number;
      /** @description Bytes of output left out, because there was more than the limit of the run */
      outputOmitted: number;
      /** @description When the output was removed because its time was over */
      outputPrunedAt: string | null;
      /** @enum {string} */
      priority: 'high' | 'normal' | 'low';
      projectId: string | null;
      /** Format: date-time */
      queuedAt: string;
      reason:
        | (
            | 'TASK_EXECUTION_FAILED'
            | 'TASK_TIMEOUT'
            | 'TASK_CANCELLED'
            | 'TASK_DEPENDENCY_NOT_MET'
            | 'WORKER_LOST'
            | 'WORKER_SHUTDOWN'
            | 'OUTPUT_LIMIT_EXCEEDED'
          )
        | null;
      /** Format: uuid */
      requestedBy: string;
      retryOf: string | null;
      startedAt: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
      taskId: string | null;
      /** @description Seconds */
      timeout: number;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      workingDirectory: string;
    };
    Health: {
      /** @enum {string} */
      status: 'healthy' | 'unhealthy';
      /** Format: date-time */
      timestamp: string;
      /** @description Seconds since the process started */
      uptime: number;
      version: string;
    };
    LastRun: {
      attempt: number;
      /** @description What went wrong, if not the command itself; at most 1,000 characters */
      error: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description A signal N shows as -N */
      exitCode: number | null;
      finishedAt: string | null;
      reason:
        | (
            | 'TASK_EXECUTION_FAILED'
            | 'TASK_TIMEOUT'
            | 'TASK_CANCELLED'
            | 'TASK_DEPENDENCY_NOT_MET'
            | 'WORKER_LOST'
            | 'WORKER_SHUTDOWN'
            | 'OUTPUT_LIMIT_EXCEEDED'
          )
        | null;
      startedAt: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
    };
    ListedExecution: {
      attempt: number;
      command: string;
      /** @description True when `command` is longer than the 1024 characters that a list shows */
      commandTruncated: boolean;
      completedAt: string | null;
      duration: string | null;
      error: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description A signal N shows as -N */
      exitCode: number | null;
      finalExitCodes: number[];
      limits: components['schemas']['RunLimits'];
      /** @description false: it has no network */
      network: boolean;
      /** @description Kept, or kept once and removed by now */
      outputBytes: number;
      /** @description Bytes of output left out, because there was more than the limit of the run */
      outputOmitted: number;
      /** @description When the output was removed because its time was over */
      outputPrunedAt: string | null;
      /** @enum {string} */
      priority: 'high' | 'normal' | 'low';
      projectId: string | null;
      /** Format: date-time */
      queuedAt: string;
      reason:
        | (
            | 'TASK_EXECUTION_FAILED'
            | 'TASK_TIMEOUT'
            | 'TASK_CANCELLED'
            | 'TASK_DEPENDENCY_NOT_MET'
            | 'WORKER_LOST'
            | 'WORKER_SHUTDOWN'
            | 'OUTPUT_LIMIT_EXCEEDED'
          )
        | null;
      /** Format: uuid */
      requestedBy: string;
      retryOf: string | null;
      startedAt: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
      taskId: string | null;
      /** @description Seconds */
      timeout: number;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      workingDirectory: string;
    };
    ListedTask: {
      actualDuration: string | null;
      assignedTo: string | null;
      command: string | null;
      /** @description True when `command` is longer than the 1024 characters that a list shows */
      commandTruncated: boolean;
      completedAt: string | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      estimatedDuration: string | null;
      /** @description The current or last execution */
      executionId: string | null;
      finalExitCodes: number[];
      /** Format: uuid */
      id: string;
      /** @description How the current or last execution went */
      lastRun: components['schemas']['LastRun'] | null;
      limits: components['schemas']['RunLimits'];
      metadata: {
        [key: string]: unknown;
      };
      priority: number;
      progressPercentage: number;
      /** Format: uuid */
      projectId: string;
      ref: string;
      retryAttempts: number;
      startedAt: string | null;
      /** @enum {string} */
      status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      tags: string[];
      timeout: number | null;
      title: string;
      /** Format: date-time */
      updatedAt: string;
      version: number;
      /** @description What a queued task waits for */
      whyWaiting:
        | (
            | 'worker_busy'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      workingDirectory: string | null;
    };
    Liveness: {
      /** @enum {string} */
      status: 'alive';
      /** Format: date-time */
      timestamp: string;
    };
    Login: {
      password: string;
      username: string;
    };
    LoginResult: {
      accessToken: string;
      /** @description Seconds until the access token expires */
      expiresIn: number;
      refreshExpiresIn: number;
      refreshToken: string;
      /** @enum {string} */
      tokenType: 'bearer';
      user: components['schemas']['User'];
    };
    Logout: {
      /** @description Also ends the session of this refresh token */
      refreshToken?: string;
    };
    Maintenance: {
      endsAt: string | null;
      message: string | null;
      startsAt: string | null;
      /** @enum {string} */
      status: 'none' | 'scheduled' | 'active';
    };
    Message: {
      message: string;
    };
    Meta: {
      requestId: string;
      /** Format: date-time */
      timestamp: string;
      version: string;
    };
    OutputEvent: {
      /** Format: uuid */
      commandId: string;
      content: string;
      /**
       * @description Present when the bytes are not UTF-8
       * @constant
       */
      encoding?: 'base64';
      /**
       * @description Only on the last frame, which has no content
       * @constant
       */
      end?: true;
      /** @description On the last frame */
      exitCode?: number | null;
      /** @description In bytes, whatever the encoding */
      length: number;
      /**
       * @description Present on a frame of ours, which says that output was left out here
       * @constant
       */
      marker?: true;
      /** @description Of the first byte, in the output of both streams */
      offset: number;
      /**
       * @description On the last frame, when the output has been removed because its time was over
       * @constant
       */
      pruned?: true;
      /** @enum {string} */
      stream: 'stdout' | 'stderr';
      /** Format: date-time */
      timestamp: string;
      /** @description On the last frame: all bytes there were */
      total?: number;
    };
    OutputFrame: {
      content: string;
      /**
       * @description Present when the bytes are not UTF-8
       * @enum {string}
       */
      encoding?: 'base64';
      /**
       * @description Present on a frame of ours, which says that output was left out here
       * @enum {boolean}
       */
      marker?: true;
      /** @description Of the first byte, in the output of both streams */
      offset: number;
      /** @enum {string} */
      stream: 'stdout' | 'stderr';
      /** Format: date-time */
      timestamp: string;
    };
    OutputSearch: {
      /** @description True when all that is stored has been searched */
      complete: boolean;
      matches: {
        after: string[];
        before: string[];
        /** @description From 1 */
        line: number;
        /** @description Of the first byte of the match */
        matchOffset: number;
        /** @description Of the first byte of the line */
        offset: number;
        /** @description Without its line feed; of a long line 2000 bytes around the match */
        text: string;
      }[];
      /** @description Send it as cursor to go on; null when there is nothing more to search now */
      nextCursor: string | null;
      /** @description Everything before this byte has been searched */
      searchedTo: number;
    };
    PauseQueue: {
      /** @enum {string} */
      queueName: 'high_priority' | 'normal_priority' | 'low_priority';
      /** @default null */
      reason?: string | null;
    };
    PersonalAccessToken: {
      /** Format: date-time */
      createdAt: string;
      expiresAt: string | null;
      /** @description The end of the token */
      hint: string;
      /** Format: uuid */
      id: string;
      label: string;
      /** @description Up to about a minute late */
      lastUsedAt: string | null;
      scopes: components['schemas']['TokenScope'][];
      /** Format: uuid */
      userId: string;
    };
    PersonalAccessTokenPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['PersonalAccessToken'][];
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      page: number;
      pageSize: number;
      pages: number;
      pagination: {
        links: {
          first: string;
          last: string;
          next: string | null;
          previous: string | null;
        };
        page: number;
        pageSize: number;
        pages: number;
        total: number;
      };
      total: number;
    };
    PersonalAccessTokenWithSecret: {
      /** Format: date-time */
      createdAt: string;
      expiresAt: string | null;
      /** @description The end of the token */
      hint: string;
      /** Format: uuid */
      id: string;
      label: string;
      /** @description Up to about a minute late */
      lastUsedAt: string | null;
      scopes: components['schemas']['TokenScope'][];
      /** @description Shown in this answer and never again; goes where a JWT goes */
      token: string;
      /** Format: uuid */
      userId: string;
    };
    PersonalAccessTokensListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /**
       * Format: uuid
       * @description Of another user, for administrators
       */
      userId?: string;
    };
    PingMessage: {
      data: {
        message: string;
        /** Format: uuid */
        requestedBy: string;
      };
      /**
       * Format: uuid
       * @description The same on every try; who has seen it can ignore another
       */
      deliveryId: string;
      /** @constant */
      event: 'ping';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    Preferences: {
      dashboard_layout: {
        columns: number;
        widgets: string[];
      } & {
        [key: string]: unknown;
      };
      /** @example en */
      language: string;
      notifications: {
        email: boolean;
        project_updates: boolean;
        push: boolean;
        task_updates: boolean;
      } & {
        [key: string]: boolean;
      };
      /** @enum {string} */
      theme: 'light' | 'dark' | 'system';
      /** @example America/New_York */
      timezone: string;
    } & {
      [key: string]: unknown;
    };
    PreferencesResult: {
      preferences: components['schemas']['Preferences'];
      /** Format: date-time */
      updatedAt: string;
    };
    PriorityChanged: {
      affectedCount: number;
      errors: {
        code: string;
        message: string;
        taskId: string;
      }[];
      failed: string[];
      /** @enum {string} */
      priority: 'high' | 'normal' | 'low';
      successful: string[];
    };
    Profile: {
      avatarUrl: string | null;
      /** Format: date-time */
      createdAt: string;
      email: string;
      fullName: string | null;
      /** Format: uuid */
      id: string;
      lastLogin: string | null;
      /** @description null: what the server sets for all */
      maxRunning: number | null;
      permissions: ('read' | 'write' | 'execute' | 'admin')[];
      preferences: components['schemas']['Preferences'];
      /** @enum {string} */
      role: 'viewer' | 'developer' | 'admin';
      statistics: {
        /** @description Projects you made, deleted ones too */
        projectsCreated: number;
        /** @description Completed tasks assigned to you, or made by you and assigned to nobody */
        tasksCompleted: number;
        /** @description Tasks you made, deleted ones too */
        tasksCreated: number;
        /** @description Time during which at least one work session of yours was in use: from its creation to its last access, overlaps counted once */
        totalLoginTime: string;
      };
      /** @enum {string} */
      tier: 'standard' | 'premium';
      /** Format: date-time */
      updatedAt: string;
      username: string;
      version: number;
    };
    Project: {
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      /** Format: uuid */
      id: string;
      key: string;
      name: string;
      resourceLimits: {
        /** @description For runs that ask for none of their own */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks: number;
        /** @description The most that a run may ask for, and the limits of those that ask for nothing */
        maxRunLimits?: components['schemas']['RunLimits'];
        maxTasks: number;
        storageLimit: string;
      };
      settings: {
        [key: string]: unknown;
      };
      statistics: components['schemas']['ProjectStatistics'];
      /** @enum {string} */
      status: 'active' | 'archived' | 'completed';
      /** Format: date-time */
      updatedAt: string;
      version: number;
      /** @enum {string} */
      visibility: 'private' | 'internal';
    };
    ProjectAnalytics: {
      performanceMetrics: {
        /** @description Mean actual_duration (from start to end) of the completed tasks that have one */
        averageTaskDuration: string | null;
        /** @description completed_tasks ÷ total_tasks; 0 without tasks */
        completionRate: number;
        /** @description Their median */
        medianTaskDuration: string | null;
        /** @description Completed tasks whose actual_duration is at most their estimated_duration ÷ completed tasks that have both; null without any */
        onTimeCompletionRate: number | null;
      };
      /** @enum {string} */
      period: '7d' | '30d' | '90d' | '1y';
      /** Format: uuid */
      projectId: string;
      summary: {
        /** @description Mean time from creation to completion of the completed tasks; null without any */
        averageCompletionTime: string | null;
        /** @description Those of them that are completed */
        completedTasks: number;
        /** @description Completed ÷ (completed + failed + cancelled) tasks of the period; null when none ended */
        productivityScore: number | null;
        /** @description Tasks that were created, or ended (completed, failed or cancelled), in the period; deleted ones never count */
        totalTasks: number;
      };
      /** @description One entry for each UTC day of the period, the oldest first; completed by the time of completion */
      taskTrends: {
        completedPerDay: number[];
        createdPerDay: number[];
      };
      /** @description A task counts for its assignee, else for its maker; the most completed first, at most 100 people */
      teamPerformance: {
        /** @description Mean actual_duration of what they completed */
        averageDuration: string | null;
        /** @description What they completed ÷ their tasks of the period */
        completionRate: number;
        tasksCompleted: number;
        /** Format: uuid */
        userId: string;
        userName: string;
      }[];
    };
    ProjectCreatedMessage: {
      data: {
        /** Format: uuid */
        clonedFrom?: string;
        /** Format: uuid */
        createdBy: string;
        name: string;
        /** Format: uuid */
        projectId: string;
        /** @enum {string} */
        status: 'active' | 'archived' | 'completed';
      };
      /**
       * Format: uuid
       * @description The same on every try; who has seen it can ignore another
       */
      deliveryId: string;
      /** @constant */
      event: 'project.created';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    ProjectDetail: {
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      /** Format: uuid */
      id: string;
      key: string;
      name: string;
      /** @description The last 20, without those about tasks, runs, sessions or webhooks where a token has no scope to read these */
      recentActivity: {
        action: string;
        taskTitle: string | null;
        /** Format: date-time */
        timestamp: string;
        userName: string | null;
      }[];
      resourceLimits: {
        /** @description For runs that ask for none of their own */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks: number;
        /** @description The most that a run may ask for, and the limits of those that ask for nothing */
        maxRunLimits?: components['schemas']['RunLimits'];
        maxTasks: number;
        storageLimit: string;
      };
      settings: {
        [key: string]: unknown;
      };
      statistics: {
        averageTaskDuration: string | null;
        cancelledTasks: number;
        completedTasks: number;
        completionRate: number;
        failedTasks: number;
        pendingTasks: number;
        runningTasks: number;
        totalTasks: number;
      };
      /** @enum {string} */
      status: 'active' | 'archived' | 'completed';
      /** Format: date-time */
      updatedAt: string;
      version: number;
      /** @enum {string} */
      visibility: 'private' | 'internal';
    };
    ProjectMember: {
      /** Format: date-time */
      createdAt: string;
      fullName: string | null;
      /** @enum {string} */
      role: 'viewer' | 'developer' | 'owner';
      /** Format: uuid */
      userId: string;
      username: string;
    };
    ProjectMembers: {
      members: components['schemas']['ProjectMember'][];
    };
    ProjectPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['Project'][];
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      page: number;
      pageSize: number;
      pages: number;
      pagination: {
        links: {
          first: string;
          last: string;
          next: string | null;
          previous: string | null;
        };
        page: number;
        pageSize: number;
        pages: number;
        total: number;
      };
      total: number;
    };
    ProjectSecret: {
      /** Format: date-time */
      createdAt: string;
      name: string;
      /** Format: date-time */
      updatedAt: string;
      /** Format: uuid */
      updatedBy: string;
    };
    ProjectSecrets: {
      secrets: components['schemas']['ProjectSecret'][];
    };
    ProjectStatistics: {
      cancelledTasks: number;
      completedTasks: number;
      failedTasks: number;
      pendingTasks: number;
      runningTasks: number;
      totalTasks: number;
    };
    ProjectUpdatedMessage: {
      data: {
        /** @description The new value of each field */
        changes: {
          [key: string]: unknown;
        };
        name: string;
        /** Format: uuid */
        projectId: string;
        /** @enum {string} */
        status: 'active' | 'archived' | 'completed';
      };
      /**
       * Format: uuid
       * @description The same on every try; who has seen it can ignore another
       */
      deliveryId: string;
      /** @constant */
      event: 'project.updated';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    ProjectsAnalyticsQuery: {
      /**
       * @description So many UTC days, the last one being today; a year has 365
       * @default 30d
       * @enum {string}
       */
      period?: '7d' | '30d' | '90d' | '1y';
    };
    ProjectsListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /**
       * @description Projects in this state
       * @enum {string}
       */
      status?: 'active' | 'archived' | 'completed';
      /**
       * Format: uuid
       * @description Projects that this user made
       */
      createdBy?: string;
      /** @description Words in the name or the description */
      search?: string;
      /**
       * @description What the list is sorted by
       * @default created_at
       * @enum {string}
       */
      sort?: 'name' | 'created_at' | 'updated_at';
    };
    ProjectsListTasksQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /** @description One status or several, with commas */
      status?: string | string[];
      /**
       * Format: uuid
       * @description Tasks of this user
       */
      assignedTo?: string;
      /** @description Tasks at least this urgent */
      priority?: number;
      /** @description Tasks with all of these tags, with commas */
      tags?: string | string[];
      /** @description Words, "exact phrases", prefix*, AND, OR, NOT, -word, parentheses, title:word, description:word, tag:name, title:(a OR b); a word is found inside file names, paths, versions and identifiers, too */
      search?: string;
      /**
       * Format: date-time
       * @description Tasks made after this time
       */
      createdAfter?: string;
      /**
       * Format: date-time
       * @description Tasks made before this time
       */
      createdBefore?: string;
      /**
       * @description What the list is sorted by
       * @default created_at
       * @enum {string}
       */
      sort?: 'created_at' | 'updated_at' | 'priority' | 'title';
    };
    QueueChange: {
      /** Format: date-time */
      changedAt: string;
      /** @enum {string} */
      queueName: 'high_priority' | 'normal_priority' | 'low_priority';
      reason: string | null;
      /** @enum {string} */
      status: 'paused' | 'active';
    };
    QueueCleared: {
      clearedCount: number;
      /** @enum {string} */
      queueName: 'high_priority' | 'normal_priority' | 'low_priority';
      /** @description More than 0 when the time was not enough: ask again */
      remaining: number;
    };
    QueueMetrics: {
      /** Format: date-time */
      from: string;
      period: string;
      queues: {
        highPriority: {
          hours: {
            cancelled: number;
            completed: number;
            enqueued: number;
            failed: number;
            /** Format: date-time */
            hour: string;
            /** @description Seconds; null where nothing started or ended */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null where nothing started or ended */
            waitTime: {
              p50: number | null;
              p95: number | null;
            };
          }[];
          totals: {
            cancelled: number;
            completed: number;
            enqueued: number;
            failed: number;
            /** @description Seconds; null where nothing started or ended */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null where nothing started or ended */
            waitTime: {
              p50: number | null;
              p95: number | null;
            };
          };
        };
        lowPriority: {
          hours: {
            cancelled: number;
            completed: number;
            enqueued: number;
            failed: number;
            /** Format: date-time */
            hour: string;
            /** @description Seconds; null where nothing started or ended */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null where nothing started or ended */
            waitTime: {
              p50: number | null;
              p95: number | null;
            };
          }[];
          totals: {
            cancelled: number;
            completed: number;
            enqueued: number;
            failed: number;
            /** @description Seconds; null where nothing started or ended */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null where nothing started or ended */
            waitTime: {
              p50: number | null;
              p95: number | null;
            };
          };
        };
        normalPriority: {
          hours: {
            cancelled: number;
            completed: number;
            enqueued: number;
            failed: number;
            /** Format: date-time */
            hour: string;
            /** @description Seconds; null where nothing started or ended */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null where nothing started or ended */
            waitTime: {
              p50: number | null;
              p95: number | null;
            };
          }[];
          totals: {
            cancelled: number;
            completed: number;
            enqueued: number;
            failed: number;
            /** @description Seconds; null where nothing started or ended */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null where nothing started or ended */
            waitTime: {
              p50: number | null;
              p95: number | null;
            };
          };
        };
      };
      /** Format: date-time */
      to: string;
    };
    QueueStatus: {
      performance: {
        /** @description Over the last 24 hours */
        averageProcessingTime: string | null;
        /** @description Over the last 24 hours */
        successRate: number | null;
        /** @description Ended in the last ten minutes */
        tasksPerMinute: number;
      };
      queues: {
        highPriority: {
          /** @description Since midnight UTC */
          completedToday: number;
          pauseReason: string | null;
          paused: boolean;
          processing: number;
          size: number;
        };
        lowPriority: {
          /** @description Since midnight UTC */
          completedToday: number;
          pauseReason: string | null;
          paused: boolean;
          processing: number;
          size: number;
        };
        normalPriority: {
          /** @description Since midnight UTC */
          completedToday: number;
          pauseReason: string | null;
          paused: boolean;
          processing: number;
          size: number;
        };
      };
      /** @description Slots of all worker processes */
      workers: {
        active: number;
        idle: number;
        total: number;
      };
    };
    QueuedTask: {
      /** @description From the runs of late; null while nothing is known */
      estimatedStartTime: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description Place in line; null once it runs */
      queuePosition: number | null;
      /** @enum {string} */
      status: 'queued';
      /** Format: uuid */
      taskId: string;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
    };
    QueuesMetricsQuery: {
      /**
       * @description How far back
       * @default 24h
       * @enum {string}
       */
      period?: '1h' | '6h' | '24h' | '7d' | '30d';
    };
    Readiness: {
      /** @description What keeps this process from being ready; empty when it is */
      reasons: ('draining' | 'database' | 'migrations' | 'redis' | 'bus' | 'launcher')[];
      /** @enum {string} */
      status: 'ready' | 'not_ready';
      /** Format: date-time */
      timestamp: string;
    };
    Refresh: {
      /** @description The refresh token of the login; without it the bearer token is renewed */
      refreshToken?: string;
    };
    RefreshResult: {
      accessToken: string;
      /** @description Seconds until the access token expires */
      expiresIn: number;
      refreshExpiresIn?: number;
      refreshToken?: string;
      /** @enum {string} */
      tokenType: 'bearer';
    };
    ReplayWebhook: {
      /** @description All events unless given */
      events?: (
        | 'task.created'
        | 'task.updated'
        | 'task.completed'
        | 'task.failed'
        | 'project.created'
        | 'project.updated'
        | 'system.maintenance'
        | 'system.alert'
      )[];
      /** Format: date-time */
      from: string;
      /**
       * @description Only what was delivered, or only what failed
       * @enum {string}
       */
      status?: 'delivered' | 'failed';
      /**
       * Format: date-time
       * @description Exclusive; now unless given
       */
      to?: string;
    };
    RestoreSession: {
      /** @default true */
      includeSettings?: boolean;
      /** @default false */
      includeTasks?: boolean;
      /**
       * Format: date-time
       * @description From the creation of the session until now
       */
      restorePoint: string;
    };
    RestoredSession: {
      /** Format: date-time */
      createdAt: string;
      /**
       * Format: date-time
       * @description 2 hours after the last access
       */
      expiresAt: string;
      /** Format: date-time */
      lastAccessed: string;
      projectId: string | null;
      /** @description Null without a project, or when you may not see it */
      projectName: string | null;
      /** Format: date-time */
      restorePoint: string;
      /** Format: date-time */
      restoredAt: string;
      /** Format: uuid */
      sessionId: string;
      settings: {
        [key: string]: unknown;
      };
      settingsRestored: boolean;
      /** @enum {string} */
      status: 'active' | 'expired' | 'ended';
      tasks: components['schemas']['RestoredTasks'];
      /** Format: uuid */
      userId: string;
      version: number;
    };
    RestoredTasks: {
      /** @description Tasks that the session has changed since, and that were left as they are */
      left: {
        /** @enum {string} */
        reason: 'queued' | 'running' | 'deleted' | 'access_denied';
        ref: string;
        /** Format: uuid */
        taskId: string;
      }[];
      restored: {
        /** @description What was given back */
        fields: string[];
        /** @description What had changed too, but cannot be given back: dependencies, a place in a queue, an assignee who is disabled or cannot see the project */
        kept: string[];
        ref: string;
        /** Format: uuid */
        taskId: string;
      }[];
    };
    ResumeQueue: {
      /** @enum {string} */
      queueName: 'high_priority' | 'normal_priority' | 'low_priority';
    };
    RetriedTask: {
      /** @description From the runs of late; null while nothing is known */
      estimatedStartTime: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description Place in line; null once it runs */
      queuePosition: number | null;
      retryAttempt: number;
      /** @enum {string} */
      status: 'queued';
      /** Format: uuid */
      taskId: string;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
    };
    RotateWebhookSecret: {
      /** @description Signs what is sent; made by us when absent */
      secret?: string;
    };
    RunEnd: {
      attempt: number;
      /** @description What went wrong, if not the command itself; at most 1,000 characters */
      error: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description A signal N shows as -N */
      exitCode: number | null;
      reason:
        | (
            | 'TASK_EXECUTION_FAILED'
            | 'TASK_TIMEOUT'
            | 'TASK_CANCELLED'
            | 'TASK_DEPENDENCY_NOT_MET'
            | 'WORKER_LOST'
            | 'WORKER_SHUTDOWN'
            | 'OUTPUT_LIMIT_EXCEEDED'
          )
        | null;
    };
    RunLimits: {
      /** @description Processor time of each process */
      cpuSeconds?: number;
      /** @description The largest file that it may write */
      fileSize?: string;
      /** @description Address space of each process, which may exceed what it uses */
      memory?: string;
      /** @description Open descriptors of each process */
      openFiles?: number;
      /**
       * @description Beyond output_size: leave out the rest (the default), keep the beginning and the end (at most 1 MiB of it, at most half), or stop the run with OUTPUT_LIMIT_EXCEEDED. A marker says how much was left out
       * @enum {string}
       */
      outputPolicy?: 'truncate' | 'head_and_tail' | 'stop';
      /** @description How much output of the run is kept */
      outputSize?: string;
      /** @description Processes and threads at a time; only workers that isolate their runs can hold it */
      processes?: number;
    };
    RunningCommands: {
      commands: {
        command: string;
        /** Format: uuid */
        commandId: string;
        /** @description True when `command` is longer than the 1024 characters that a list shows */
        commandTruncated: boolean;
        /** @description Seconds, to one decimal */
        duration: number | null;
        projectId: string | null;
        /** Format: uuid */
        requestedBy: string;
        startedAt: string | null;
        /** @enum {string} */
        status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
        taskId: string | null;
      }[];
      totalRunning: number;
    };
    Session: {
      /** Format: date-time */
      createdAt: string;
      /**
       * Format: date-time
       * @description 2 hours after the last access
       */
      expiresAt: string;
      /** Format: date-time */
      lastAccessed: string;
      projectId: string | null;
      /** @description Null without a project, or when you may not see it */
      projectName: string | null;
      /** Format: uuid */
      sessionId: string;
      settings: {
        [key: string]: unknown;
      };
      /** @enum {string} */
      status: 'active' | 'expired' | 'ended';
      /** Format: uuid */
      userId: string;
      version: number;
    };
    SessionEvent: {
      action: string;
      /** @description The command that was asked for, with what became of it */
      command: {
        command: string;
        /** @description True when `command` is longer than the 1024 characters that a list shows */
        commandTruncated: boolean;
        /** Format: uuid */
        executionId: string;
        exitCode: number | null;
        /** @enum {string} */
        status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      } | null;
      /** Format: uuid */
      entityId: string;
      entityType: string;
      /** Format: uuid */
      id: string;
      newValue: unknown;
      oldValue: unknown;
      projectId: string | null;
      /** Format: date-time */
      timestamp: string;
    };
    SessionHistory: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['SessionEvent'][];
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      page: number;
      pageSize: number;
      pages: number;
      pagination: {
        links: {
          first: string;
          last: string;
          next: string | null;
          previous: string | null;
        };
        page: number;
        pageSize: number;
        pages: number;
        total: number;
      };
      /** Format: uuid */
      sessionId: string;
      total: number;
    };
    SessionPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      page: number;
      pageSize: number;
      pages: number;
      pagination: {
        links: {
          first: string;
          last: string;
          next: string | null;
          previous: string | null;
        };
        page: number;
        pageSize: number;
        pages: number;
        total: number;
      };
      sessions: components['schemas']['SessionSummary'][];
      total: number;
    };
    SessionSummary: {
      /** Format: date-time */
      createdAt: string;
      /**
       * Format: date-time
       * @description 2 hours after the last access
       */
      expiresAt: string;
      /** Format: date-time */
      lastAccessed: string;
      projectId: string | null;
      /** @description Null without a project, or when you may not see it */
      projectName: string | null;
      /** Format: uuid */
      sessionId: string;
      /** @enum {string} */
      status: 'active' | 'expired' | 'ended';
    };
    SessionsHistoryQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    SessionsListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /**
       * @description Without it: those that are active or expired
       * @enum {string}
       */
      status?: 'active' | 'expired' | 'ended';
      /** @description The id of a project, or its key */
      projectId?: string;
      /**
       * Format: uuid
       * @description For administrators: the sessions of somebody else
       */
      userId?: string;
    };
    SetProjectMember: {
      /** @enum {string} */
      role: 'viewer' | 'developer' | 'owner';
    };
    SetSecret: {
      /** @description 4 to 32768 bytes; never shown again */
      value: string;
    };
    StartedCommand: {
      /** Format: uuid */
      commandId: string;
      pid: number | null;
      startedAt: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
      whyWaiting:
        | (
            | 'worker_busy'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
    };
    SystemAlertMessage: {
      data: {
        details: {
          [key: string]: unknown;
        };
        kind: string;
        /** @constant */
        level: 'warning';
        message: string;
      };
      /**
       * Format: uuid
       * @description The same on every try; who has seen it can ignore another
       */
      deliveryId: string;
      /** @constant */
      event: 'system.alert';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    SystemInfo: {
      environment: string;
      features: {
        monitoringEnabled: boolean;
        redisEnabled: boolean;
        websocketEnabled: boolean;
      };
      limits: {
        /** @description Of one project, unless it says otherwise */
        maxConcurrentTasks: number;
        /** @description Largest request body */
        maxFileSize: string;
        /** @description Unless the project says otherwise */
        maxTasksPerProject: number;
      };
      version: string;
    };
    SystemMaintenanceMessage: {
      data: {
        endsAt: string | null;
        message: string | null;
        startsAt: string | null;
        /** @enum {string} */
        status: 'scheduled' | 'active' | 'ended';
      };
      /**
       * Format: uuid
       * @description The same on every try; who has seen it can ignore another
       */
      deliveryId: string;
      /** @constant */
      event: 'system.maintenance';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    Task: {
      actualDuration: string | null;
      assignedTo: string | null;
      command: string | null;
      completedAt: string | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      environment: {
        [key: string]: string;
      };
      estimatedDuration: string | null;
      /** @description The current or last execution */
      executionId: string | null;
      finalExitCodes: number[];
      /** Format: uuid */
      id: string;
      /** @description How the current or last execution went */
      lastRun: components['schemas']['LastRun'] | null;
      limits: components['schemas']['RunLimits'];
      metadata: {
        [key: string]: unknown;
      };
      priority: number;
      progressPercentage: number;
      /** Format: uuid */
      projectId: string;
      ref: string;
      retryAttempts: number;
      startedAt: string | null;
      /** @enum {string} */
      status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      tags: string[];
      timeout: number | null;
      title: string;
      /** Format: date-time */
      updatedAt: string;
      version: number;
      /** @description What a queued task waits for */
      whyWaiting:
        | (
            | 'worker_busy'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      workingDirectory: string | null;
    };
    TaskCompletedMessage: {
      data: {
        attempt?: number;
        duration?: string | null;
        /** Format: uuid */
        executionId?: string;
        exitCode?: number | null;
        /** Format: uuid */
        projectId: string;
        /** @description A code such as TASK_TIMEOUT */
        reason?: string | null;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** Format: uuid */
        taskId: string;
        title: string;
      };
      /**
       * Format: uuid
       * @description The same on every try; who has seen it can ignore another
       */
      deliveryId: string;
      /** @constant */
      event: 'task.completed';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    TaskCreatedMessage: {
      data: {
        priority: number;
        /** Format: uuid */
        projectId: string;
        ref: string;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** Format: uuid */
        taskId: string;
        title: string;
      };
      /**
       * Format: uuid
       * @description The same on every try; who has seen it can ignore another
       */
      deliveryId: string;
      /** @constant */
      event: 'task.created';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    TaskDependency: {
      /** @enum {string} */
      dependencyType: 'blocks';
      /** Format: uuid */
      dependsOnTaskId: string;
      /** Format: uuid */
      id: string;
      task: {
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        title: string;
      };
    };
    TaskDetail: {
      actualDuration: string | null;
      assignedTo: string | null;
      command: string | null;
      completedAt: string | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      dependencies: components['schemas']['TaskDependency'][];
      description: string;
      environment: {
        [key: string]: string;
      };
      estimatedDuration: string | null;
      /** @description The current or last execution */
      executionId: string | null;
      finalExitCodes: number[];
      history: {
        action: string;
        newValue: unknown;
        oldValue: unknown;
        /** @description How the run ended that changed the status */
        run: components['schemas']['RunEnd'] | null;
        /** Format: date-time */
        timestamp: string;
        userId: string | null;
      }[];
      /** Format: uuid */
      id: string;
      /** @description How the current or last execution went */
      lastRun: components['schemas']['LastRun'] | null;
      limits: components['schemas']['RunLimits'];
      metadata: {
        [key: string]: unknown;
      };
      priority: number;
      progressPercentage: number;
      /** Format: uuid */
      projectId: string;
      ref: string;
      retryAttempts: number;
      startedAt: string | null;
      /** @enum {string} */
      status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      tags: string[];
      timeout: number | null;
      title: string;
      /** Format: date-time */
      updatedAt: string;
      version: number;
      /** @description What a queued task waits for */
      whyWaiting:
        | (
            | 'worker_busy'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      workingDirectory: string | null;
    };
    TaskExecutions: {
      executions: components['schemas']['ListedExecution'][];
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      /** Format: uuid */
      taskId: string;
    };
    TaskFailedMessage: {
      data: {
        attempt?: number;
        duration?: string | null;
        /** Format: uuid */
        executionId?: string;
        exitCode?: number | null;
        /** Format: uuid */
        projectId: string;
        /** @description A code such as TASK_TIMEOUT */
        reason?: string | null;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** Format: uuid */
        taskId: string;
        title: string;
      };
      /**
       * Format: uuid
       * @description The same on every try; who has seen it can ignore another
       */
      deliveryId: string;
      /** @constant */
      event: 'task.failed';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    TaskHistory: {
      history: {
        action: string;
        details: {
          [key: string]: unknown;
        };
        /** Format: uuid */
        id: string;
        /** Format: date-time */
        timestamp: string;
        userId: string | null;
        userName: string | null;
      }[];
      /** @description Send it as `cursor` for what was before; null at the beginning */
      nextCursor: string | null;
      /** Format: uuid */
      taskId: string;
    };
    TaskPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['ListedTask'][];
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      page: number;
      pageSize: number;
      pages: number;
      pagination: {
        links: {
          first: string;
          last: string;
          next: string | null;
          previous: string | null;
        };
        page: number;
        pageSize: number;
        pages: number;
        total: number;
      };
      total: number;
    };
    TaskUpdatedMessage: {
      data: {
        attempt?: number;
        /** @description The names of the fields that changed */
        changes?: string[];
        /** @constant */
        deleted?: true;
        duration?: string | null;
        /** Format: uuid */
        executionId?: string;
        exitCode?: number | null;
        /** Format: uuid */
        projectId: string;
        /** @description A code such as TASK_TIMEOUT */
        reason?: string | null;
        /**
         * @description The restore of a session brought it back
         * @constant
         */
        restored?: true;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** Format: uuid */
        taskId: string;
        title: string;
      };
      /**
       * Format: uuid
       * @description The same on every try; who has seen it can ignore another
       */
      deliveryId: string;
      /** @constant */
      event: 'task.updated';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description When it happened
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    TasksHistoryQuery: {
      /** @description Entries at most */
      limit?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
    };
    TasksListExecutionsQuery: {
      /** @description Items at most */
      limit?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
    };
    TasksListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /** @description The id of a project, or its key */
      projectId?: string;
      /** @description One status or several, with commas */
      status?: string | string[];
      /**
       * Format: uuid
       * @description Tasks of this user
       */
      assignedTo?: string;
      /** @description Tasks at least this urgent */
      priority?: number;
      /** @description Tasks with all of these tags, with commas */
      tags?: string | string[];
      /** @description Words, "exact phrases", prefix*, AND, OR, NOT, -word, parentheses, title:word, description:word, tag:name, title:(a OR b); a word is found inside file names, paths, versions and identifiers, too */
      search?: string;
      /**
       * Format: date-time
       * @description Tasks made after this time
       */
      createdAfter?: string;
      /**
       * Format: date-time
       * @description Tasks made before this time
       */
      createdBefore?: string;
      /**
       * @description What the list is sorted by
       * @default created_at
       * @enum {string}
       */
      sort?: 'created_at' | 'updated_at' | 'priority' | 'title';
    };
    TasksOutputQuery: {
      /** @description The first byte, in the output of both streams */
      fromOffset?: number;
      /** @description At most so many bytes of the output of both streams, from the first byte on */
      limit?: number;
      /** @description The last lines */
      tail?: number;
      /**
       * @description One stream only
       * @enum {string}
       */
      stream?: 'stdout' | 'stderr';
      /**
       * @description strip takes out colours and other terminal control sequences
       * @default keep
       * @enum {string}
       */
      ansi?: 'keep' | 'strip';
      /** @description true goes on until the command ends */
      follow?: string | string[];
      /**
       * @description true names a file for browsers to save
       * @default false
       * @enum {string}
       */
      download?: 'true' | 'false';
    };
    TasksSearchOutputQuery: {
      /** @description Text to look for, as it is; never an expression */
      q: string;
      /**
       * @description true takes A to Z and a to z for the same
       * @default false
       * @enum {string}
       */
      ignoreCase?: 'true' | 'false';
      /** @description Lines shown before and after */
      context?: number;
      /** @description Matching lines in an answer, at most; 4 MiB of text end one too */
      limit?: number;
      /**
       * @description One stream only; lines are counted in it
       * @enum {string}
       */
      stream?: 'stdout' | 'stderr';
      /**
       * @description strip takes out colours and other terminal control sequences
       * @default keep
       * @enum {string}
       */
      ansi?: 'keep' | 'strip';
      /**
       * @description next_cursor of the answer before
       * @default 0.1
       */
      cursor?: string;
    };
    /**
     * @description What a token opens
     * @enum {string}
     */
    TokenScope:
      | 'tasks.read'
      | 'tasks.write'
      | 'projects.read'
      | 'projects.write'
      | 'execute'
      | 'webhooks.manage'
      | 'profile.write'
      | 'tokens.manage'
      | 'admin';
    /**
     * @description Merged into the present ones; notifications and dashboard_layout too
     * @example {
     *       "language": "en",
     *       "notifications": {
     *         "email": false,
     *         "task_updates": true
     *       },
     *       "theme": "light",
     *       "timezone": "America/New_York"
     *     }
     */
    UpdatePreferences: {
      [key: string]: unknown;
    };
    UpdateProfile: {
      avatarUrl?: string | null;
      /** Format: email */
      email?: string;
      fullName?: string | null;
      /** @description The version you have seen; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateProject: {
      description?: string;
      name?: string;
      resourceLimits?: {
        /** @description For runs that ask for none of their own */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks?: number;
        /** @description The most that a run may ask for, and the limits of those that ask for nothing */
        maxRunLimits?: components['schemas']['RunLimits'];
        maxTasks?: number;
        storageLimit?: string;
      };
      /** @description Merged into the present settings */
      settings?: {
        [key: string]: unknown;
      };
      /** @enum {string} */
      status?: 'active' | 'archived' | 'completed';
      /** @description The version you have seen; a stale one is refused with VERSION_CONFLICT */
      version?: number;
      /** @enum {string} */
      visibility?: 'private' | 'internal';
    };
    UpdateSession: {
      /** @description Merged into the present settings */
      settings: {
        [key: string]: unknown;
      };
      /** @description The version you have seen; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateTask: {
      /** @description Somebody who can see the project. Who loses that later keeps the task until it is given to another */
      assignedTo?: string | null;
      command?: string | null;
      /** @description Tasks of the same project that must be completed before this one runs */
      dependencies?: string[];
      description?: string;
      /** @description Variables for the command */
      environment?: {
        [key: string]: string;
      };
      estimatedDuration?: string | null;
      /** @description Exit codes after which no other attempt follows */
      finalExitCodes?: number[];
      limits?: components['schemas']['RunLimits'];
      metadata?: {
        [key: string]: unknown;
      };
      /** @description 1 is the most urgent */
      priority?: number;
      progressPercentage?: number;
      /** @description How many more attempts follow a failed one */
      retryAttempts?: number;
      /** @enum {string} */
      status?: 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';
      tags?: string[];
      timeout?: number | null;
      title?: string;
      /** @description The version you have seen; a stale one is refused with VERSION_CONFLICT */
      version?: number;
      workingDirectory?: string | null;
    };
    UpdateUser: {
      avatarUrl?: string | null;
      disabled?: boolean;
      /** Format: email */
      email?: string;
      fullName?: string | null;
      /** @description How many runs of the user may be under way at a time; null for what the server sets for all */
      maxRunning?: number | null;
      password?: string;
      /** @enum {string} */
      role?: 'viewer' | 'developer' | 'admin';
      /** @enum {string} */
      tier?: 'standard' | 'premium';
      /** @description The version you have seen; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateWebhook: {
      active?: boolean;
      description?: string;
      /** @description Exact names, all of a kind, or `*`. System events reach webhooks without a project; a webhook of a project hears only of what concerns the project */
      events?: (
        | 'task.created'
        | 'task.updated'
        | 'task.completed'
        | 'task.failed'
        | 'project.created'
        | 'project.updated'
        | 'system.maintenance'
        | 'system.alert'
        | 'task.*'
        | 'project.*'
        | 'system.*'
        | '*'
      )[];
      /** Format: uri */
      url?: string;
      /** @description The version you have seen; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    User: {
      avatarUrl: string | null;
      /** Format: date-time */
      createdAt: string;
      disabled: boolean;
      email: string;
      fullName: string | null;
      /** Format: uuid */
      id: string;
      lastLogin: string | null;
      /** @description null: what the server sets for all */
      maxRunning: number | null;
      permissions: ('read' | 'write' | 'execute' | 'admin')[];
      /** @enum {string} */
      role: 'viewer' | 'developer' | 'admin';
      /** @enum {string} */
      tier: 'standard' | 'premium';
      /** Format: date-time */
      updatedAt: string;
      username: string;
      version: number;
    };
    UserPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['User'][];
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      page: number;
      pageSize: number;
      pages: number;
      pagination: {
        links: {
          first: string;
          last: string;
          next: string | null;
          previous: string | null;
        };
        page: number;
        pageSize: number;
        pages: number;
        total: number;
      };
      total: number;
    };
    UsersListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /** @description Part of a username, an e-mail address or a name */
      search?: string;
    };
    ValidateCommand: {
      /** @default true */
      checkSafety?: boolean;
      command: string;
    };
    ValidatedCommand: {
      safe: boolean;
      suggestions: string[];
      /** @description A shell can read it, or its first line names another interpreter; and, if asked, it looks safe */
      valid: boolean;
      warnings: string[];
    };
    Webhook: {
      active: boolean;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      /** @description When Millrace switched it off */
      disabledAt: string | null;
      disabledReason: string | null;
      events: string[];
      /** @description The first failure since the last success; after days of it the webhook is switched off */
      failingSince: string | null;
      /** Format: uuid */
      id: string;
      /** @description Until then the replaced secret signs too */
      previousSecretExpiresAt: string | null;
      projectId: string | null;
      /** Format: date-time */
      updatedAt: string;
      url: string;
      version: number;
    };
    WebhookDelivery: {
      /** @description Tries begun so far */
      attempts: number;
      /** Format: date-time */
      createdAt: string;
      data: {
        [key: string]: unknown;
      };
      deliveredAt: string | null;
      /** @description How long the last try took */
      durationMs: number | null;
      /** @description Why the last try failed */
      error: string | null;
      event: string;
      /** Format: uuid */
      id: string;
      lastAttemptAt: string | null;
      /** @description While it is being sent, when it would be sent again should the sender crash */
      nextAttemptAt: string | null;
      /** @description The first 4 KiB of the last answer */
      responseBody: string | null;
      responseStatus: number | null;
      sequence: number;
      /** @enum {string} */
      status: 'pending' | 'delivered' | 'failed';
      /** Format: uuid */
      webhookId: string;
    };
    WebhookDeliveryDetail: {
      /** @description Tries begun so far */
      attempts: number;
      /** Format: date-time */
      createdAt: string;
      data: {
        [key: string]: unknown;
      };
      deliveredAt: string | null;
      /** @description How long the last try took */
      durationMs: number | null;
      /** @description Why the last try failed */
      error: string | null;
      event: string;
      /** Format: uuid */
      id: string;
      lastAttemptAt: string | null;
      /** @description While it is being sent, when it would be sent again should the sender crash */
      nextAttemptAt: string | null;
      /** @description What the last try sent; null before the first has ended */
      request: {
        /** @description The bytes of every try, as text */
        body: string;
        headers: {
          [key: string]: string;
        };
        /** @enum {string} */
        method: 'POST';
        url: string;
      } | null;
      /** @description The first 4 KiB of the last answer */
      responseBody: string | null;
      responseStatus: number | null;
      sequence: number;
      /** @enum {string} */
      status: 'pending' | 'delivered' | 'failed';
      /** @description The last 25 tries, oldest first */
      tries: components['schemas']['WebhookDeliveryTry'][];
      /** Format: uuid */
      webhookId: string;
    };
    WebhookDeliveryPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['WebhookDelivery'][];
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      page: number;
      pageSize: number;
      pages: number;
      pagination: {
        links: {
          first: string;
          last: string;
          next: string | null;
          previous: string | null;
        };
        page: number;
        pageSize: number;
        pages: number;
        total: number;
      };
      total: number;
    };
    WebhookDeliveryTry: {
      /** Format: date-time */
      at: string;
      attempt: number;
      durationMs: number;
      error: string | null;
      /** @description The first 500 characters of the answer */
      responseBody: string | null;
      responseStatus: number | null;
    };
    WebhookPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['Webhook'][];
      /** @description Send it as `cursor` for the next page; null at the end */
      nextCursor: string | null;
      page: number;
      pageSize: number;
      pages: number;
      pagination: {
        links: {
          first: string;
          last: string;
          next: string | null;
          previous: string | null;
        };
        page: number;
        pageSize: number;
        pages: number;
        total: number;
      };
      total: number;
    };
    WebhookReplay: {
      /** @description Where the next call has to begin; null when the window is done */
      nextFrom: string | null;
      /** @description How many are sent again, at most 5000 a call */
      replayed: number;
    };
    WebhookWithSecret: {
      active: boolean;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      /** @description When Millrace switched it off */
      disabledAt: string | null;
      disabledReason: string | null;
      events: string[];
      /** @description The first failure since the last success; after days of it the webhook is switched off */
      failingSince: string | null;
      /** Format: uuid */
      id: string;
      /** @description Until then the replaced secret signs too */
      previousSecretExpiresAt: string | null;
      projectId: string | null;
      /** @description Shown in this answer and never again */
      secret: string;
      /** Format: date-time */
      updatedAt: string;
      url: string;
      version: number;
    };
    WebhooksListDeliveriesQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /**
       * @description Deliveries in this state
       * @enum {string}
       */
      status?: 'pending' | 'delivered' | 'failed';
      /** @description Deliveries of this event, by its exact name */
      event?: string;
    };
    WebhooksListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items a page */
      pageSize?: number;
      /** @description The `next_cursor` of the page before, with the same filters and sort: what is created or removed meanwhile moves no item to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /** @description The id of a project, or its key */
      projectId?: string;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}

export type AnnounceMaintenance = components['schemas']['AnnounceMaintenance'];
export type AuthEndOtherSessionsQuery = components['schemas']['AuthEndOtherSessionsQuery'];
export type AuthListSessionsQuery = components['schemas']['AuthListSessionsQuery'];
export type AuthSession = components['schemas']['AuthSession'];
export type AuthSessionPage = components['schemas']['AuthSessionPage'];
export type BulkResult = components['schemas']['BulkResult'];
export type BulkTasks = components['schemas']['BulkTasks'];
export type Cancel = components['schemas']['Cancel'];
export type CancelCommand = components['schemas']['CancelCommand'];
export type CancelledCommand = components['schemas']['CancelledCommand'];
export type CancelledTask = components['schemas']['CancelledTask'];
export type ChangePassword = components['schemas']['ChangePassword'];
export type ChangePriority = components['schemas']['ChangePriority'];
export type ClearQueue = components['schemas']['ClearQueue'];
export type CloneProject = components['schemas']['CloneProject'];
export type ClonedProject = components['schemas']['ClonedProject'];
export type CommandHistory = components['schemas']['CommandHistory'];
export type CommandStatus = components['schemas']['CommandStatus'];
export type CommandSuggestion = components['schemas']['CommandSuggestion'];
export type CommandSuggestions = components['schemas']['CommandSuggestions'];
export type CommandsHistoryQuery = components['schemas']['CommandsHistoryQuery'];
export type CommandsOutputQuery = components['schemas']['CommandsOutputQuery'];
export type CommandsSearchOutputQuery = components['schemas']['CommandsSearchOutputQuery'];
export type CommandsStatusQuery = components['schemas']['CommandsStatusQuery'];
export type CommandsSuggestionsQuery = components['schemas']['CommandsSuggestionsQuery'];
export type CreatePersonalAccessToken = components['schemas']['CreatePersonalAccessToken'];
export type CreateProject = components['schemas']['CreateProject'];
export type CreateSession = components['schemas']['CreateSession'];
export type CreateTask = components['schemas']['CreateTask'];
export type CreateUser = components['schemas']['CreateUser'];
export type CreateWebhook = components['schemas']['CreateWebhook'];
export type Deleted = components['schemas']['Deleted'];
export type DeletedWebhook = components['schemas']['DeletedWebhook'];
export type DetailedHealth = components['schemas']['DetailedHealth'];
export type EndedSessions = components['schemas']['EndedSessions'];
export type ErrorEnvelope = components['schemas']['ErrorEnvelope'];
export type ExecuteCommand = components['schemas']['ExecuteCommand'];
export type ExecuteTask = components['schemas']['ExecuteTask'];
export type ExecutedCommand = components['schemas']['ExecutedCommand'];
export type Execution = components['schemas']['Execution'];
export type Health = components['schemas']['Health'];
export type LastRun = components['schemas']['LastRun'];
export type ListedExecution = components['schemas']['ListedExecution'];
export type ListedTask = components['schemas']['ListedTask'];
export type Liveness = components['schemas']['Liveness'];
export type Login = components['schemas']['Login'];
export type LoginResult = components['schemas']['LoginResult'];
export type Logout = components['schemas']['Logout'];
export type Maintenance = components['schemas']['Maintenance'];
export type Message = components['schemas']['Message'];
export type Meta = components['schemas']['Meta'];
export type OutputEvent = components['schemas']['OutputEvent'];
export type OutputFrame = components['schemas']['OutputFrame'];
export type OutputSearch = components['schemas']['OutputSearch'];
export type PauseQueue = components['schemas']['PauseQueue'];
export type PersonalAccessToken = components['schemas']['PersonalAccessToken'];
export type PersonalAccessTokenPage = components['schemas']['PersonalAccessTokenPage'];
export type PersonalAccessTokenWithSecret = components['schemas']['PersonalAccessTokenWithSecret'];
export type PersonalAccessTokensListQuery = components['schemas']['PersonalAccessTokensListQuery'];
export type PingMessage = components['schemas']['PingMessage'];
export type Preferences = components['schemas']['Preferences'];
export type PreferencesResult = components['schemas']['PreferencesResult'];
export type PriorityChanged = components['schemas']['PriorityChanged'];
export type Profile = components['schemas']['Profile'];
export type Project = components['schemas']['Project'];
export type ProjectAnalytics = components['schemas']['ProjectAnalytics'];
export type ProjectCreatedMessage = components['schemas']['ProjectCreatedMessage'];
export type ProjectDetail = components['schemas']['ProjectDetail'];
export type ProjectMember = components['schemas']['ProjectMember'];
export type ProjectMembers = components['schemas']['ProjectMembers'];
export type ProjectPage = components['schemas']['ProjectPage'];
export type ProjectSecret = components['schemas']['ProjectSecret'];
export type ProjectSecrets = components['schemas']['ProjectSecrets'];
export type ProjectStatistics = components['schemas']['ProjectStatistics'];
export type ProjectUpdatedMessage = components['schemas']['ProjectUpdatedMessage'];
export type ProjectsAnalyticsQuery = components['schemas']['ProjectsAnalyticsQuery'];
export type ProjectsListQuery = components['schemas']['ProjectsListQuery'];
export type ProjectsListTasksQuery = components['schemas']['ProjectsListTasksQuery'];
export type QueueChange = components['schemas']['QueueChange'];
export type QueueCleared = components['schemas']['QueueCleared'];
export type QueueMetrics = components['schemas']['QueueMetrics'];
export type QueueStatus = components['schemas']['QueueStatus'];
export type QueuedTask = components['schemas']['QueuedTask'];
export type QueuesMetricsQuery = components['schemas']['QueuesMetricsQuery'];
export type Readiness = components['schemas']['Readiness'];
export type Refresh = components['schemas']['Refresh'];
export type RefreshResult = components['schemas']['RefreshResult'];
export type ReplayWebhook = components['schemas']['ReplayWebhook'];
export type RestoreSession = components['schemas']['RestoreSession'];
export type RestoredSession = components['schemas']['RestoredSession'];
export type RestoredTasks = components['schemas']['RestoredTasks'];
export type ResumeQueue = components['schemas']['ResumeQueue'];
export type RetriedTask = components['schemas']['RetriedTask'];
export type RotateWebhookSecret = components['schemas']['RotateWebhookSecret'];
export type RunEnd = components['schemas']['RunEnd'];
export type RunLimits = components['schemas']['RunLimits'];
export type RunningCommands = components['schemas']['RunningCommands'];
export type Session = components['schemas']['Session'];
export type SessionEvent = components['schemas']['SessionEvent'];
export type SessionHistory = components['schemas']['SessionHistory'];
export type SessionPage = components['schemas']['SessionPage'];
export type SessionSummary = components['schemas']['SessionSummary'];
export type SessionsHistoryQuery = components['schemas']['SessionsHistoryQuery'];
export type SessionsListQuery = components['schemas']['SessionsListQuery'];
export type SetProjectMember = components['schemas']['SetProjectMember'];
export type SetSecret = components['schemas']['SetSecret'];
export type StartedCommand = components['schemas']['StartedCommand'];
export type SystemAlertMessage = components['schemas']['SystemAlertMessage'];
export type SystemInfo = components['schemas']['SystemInfo'];
export type SystemMaintenanceMessage = components['schemas']['SystemMaintenanceMessage'];
export type Task = components['schemas']['Task'];
export type TaskCompletedMessage = components['schemas']['TaskCompletedMessage'];
export type TaskCreatedMessage = components['schemas']['TaskCreatedMessage'];
export type TaskDependency = components['schemas']['TaskDependency'];
export type TaskDetail = components['schemas']['TaskDetail'];
export type TaskExecutions = components['schemas']['TaskExecutions'];
export type TaskFailedMessage = components['schemas']['TaskFailedMessage'];
export type TaskHistory = components['schemas']['TaskHistory'];
export type TaskPage = components['schemas']['TaskPage'];
export type TaskUpdatedMessage = components['schemas']['TaskUpdatedMessage'];
export type TasksHistoryQuery = components['schemas']['TasksHistoryQuery'];
export type TasksListExecutionsQuery = components['schemas']['TasksListExecutionsQuery'];
export type TasksListQuery = components['schemas']['TasksListQuery'];
export type TasksOutputQuery = components['schemas']['TasksOutputQuery'];
export type TasksSearchOutputQuery = components['schemas']['TasksSearchOutputQuery'];
export type TokenScope = components['schemas']['TokenScope'];
export type UpdatePreferences = components['schemas']['UpdatePreferences'];
export type UpdateProfile = components['schemas']['UpdateProfile'];
export type UpdateProject = components['schemas']['UpdateProject'];
export type UpdateSession = components['schemas']['UpdateSession'];
export type UpdateTask = components['schemas']['UpdateTask'];
export type UpdateUser = components['schemas']['UpdateUser'];
export type UpdateWebhook = components['schemas']['UpdateWebhook'];
export type User = components['schemas']['User'];
export type UserPage = components['schemas']['UserPage'];
export type UsersListQuery = components['schemas']['UsersListQuery'];
export type ValidateCommand = components['schemas']['ValidateCommand'];
export type ValidatedCommand = components['schemas']['ValidatedCommand'];
export type Webhook = components['schemas']['Webhook'];
export type WebhookDelivery = components['schemas']['WebhookDelivery'];
export type WebhookDeliveryDetail = components['schemas']['WebhookDeliveryDetail'];
export type WebhookDeliveryPage = components['schemas']['WebhookDeliveryPage'];
export type WebhookDeliveryTry = components['schemas']['WebhookDeliveryTry'];
export type WebhookPage = components['schemas']['WebhookPage'];
export type WebhookReplay = components['schemas']['WebhookReplay'];
export type WebhookWithSecret = components['schemas']['WebhookWithSecret'];
export type WebhooksListDeliveriesQuery = components['schemas']['WebhooksListDeliveriesQuery'];
export type WebhooksListQuery = components['schemas']['WebhooksListQuery'];
