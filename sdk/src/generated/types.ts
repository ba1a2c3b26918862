// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
export interface components {
  schemas: {
    ActivityEntry: {
      action: string;
      /** @description A person, an agent or a key, or Millrace itself */
      actor: {
        id: string | null;
        /** @enum {string} */
        kind: 'human' | 'ai' | 'system';
        name: string;
      };
      /** Format: date-time */
      at: string;
      /** Format: uuid */
      entityId: string;
      entityType: string;
      newValue: unknown;
      oldValue: unknown;
      projectId: string | null;
      /** @description Grows with each entry */
      sequence: number;
    };
    ActivityListQuery: {
      /** @description Only of this project: its id or its key */
      projectId?: string;
      /** @description Only of this type of thing, such as task, project or document */
      entityType?: string;
      /**
       * Format: uuid
       * @description Only of the thing with this id
       */
      entityId?: string;
      /** @description Only of this actor: the id of a user, `human:` and a username, or `ai:` and the name of an agent or a key */
      actor?: string;
      /** @description Only this action, such as created or claimed */
      action?: string;
      /**
       * Format: date-time
       * @description Only from this time on
       */
      from?: string;
      /**
       * Format: date-time
       * @description Only until this time
       */
      to?: string;
      /** @description The `next_before` of the answer before */
      before?: number;
      /** @description The maximum number of entries */
      limit?: number;
    };
    ActivityPage: {
      activity: components['schemas']['ActivityEntry'][];
      /** @description The `before` of earlier entries; null at the beginning. With filters a page can have fewer entries than asked for, or none, and be followed by others */
      nextBefore: number | null;
    };
    AddDependency: {
      /** @description The id of a task, its ref, or a unique prefix of 8 or more characters */
      dependsOn: string;
    };
    AddToBacklog: {
      /** @default  */
      description?: string;
      /** @description 1 is the most urgent; urgent, high, medium, low and none stand for 1, 3, 5, 7 and 9 */
      priority?: number | ('urgent' | 'high' | 'medium' | 'low' | 'none');
      title: string;
    };
    Agent: {
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      disabled: boolean;
      /** Format: uuid */
      id: string;
      name: string;
      /** @description The key of its project */
      prefix: string;
      /**
       * Format: uuid
       * @description The project with its backlog
       */
      projectId: string;
      /** @enum {string} */
      role: 'viewer' | 'developer' | 'admin';
      slug: string;
      /** Format: date-time */
      updatedAt: string;
      version: number;
    };
    AgentKey: {
      /** Format: date-time */
      createdAt: string;
      expiresAt: string | null;
      /** @description The last characters of the token */
      hint: string;
      /** Format: uuid */
      id: string;
      label: string;
      /** @description The time of the last request, up to about a minute late */
      lastUsedAt: string | null;
      scopes: components['schemas']['TokenScope'][];
      /** Format: uuid */
      userId: string;
    };
    AgentKeyPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['AgentKey'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    AgentKeyWithSecret: {
      /** Format: date-time */
      createdAt: string;
      expiresAt: string | null;
      /** @description The last characters of the token */
      hint: string;
      /** Format: uuid */
      id: string;
      label: string;
      /** @description The time of the last request, up to about a minute late */
      lastUsedAt: string | null;
      scopes: components['schemas']['TokenScope'][];
      /** @description The key, which is only shown in this response; it is used like a JWT */
      token: string;
      /** Format: uuid */
      userId: string;
    };
    AgentPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['Agent'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    AgentTask: {
      /** @description The slug of the agent */
      agentId: string;
      /** @description Why the work cannot go on, or why it failed */
      blocker: string | null;
      completed: string | null;
      /** Format: date-time */
      created: string;
      description: string;
      /** @description The ref of the task */
      id: string;
      priority: number;
      result: string | null;
      started: string | null;
      /** @enum {string} */
      status: 'queued' | 'in_progress' | 'complete' | 'blocked' | 'cancelled';
      title: string;
    };
    AgentsListKeysQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    AgentsListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /** @description Part of a slug, a name or a prefix */
      search?: string;
      /**
       * @description Deleted and disabled agents, too
       * @enum {string}
       */
      includeDisabled?: 'true' | 'false';
    };
    AnnounceMaintenance: {
      /** @description A duration as HH:MM:SS */
      duration: string;
      /** @default Scheduled maintenance */
      message?: string;
      /**
       * Format: date-time
       * @description Immediately when absent
       */
      startsAt?: string;
    };
    AppendToDocument: {
      /** @description Markdown, kept as it is sent */
      body: string;
      /**
       * @description What the change is about
       * @default null
       */
      changeNote?: string | null;
    };
    Artifact: {
      /** Format: uuid */
      id: string;
      /** @description Relative to the workspace */
      path: string;
      /** @description Of the content, in hexadecimal */
      sha256: string;
      /** @description Bytes */
      size: number;
    };
    Artifacts: {
      artifacts: components['schemas']['Artifact'][];
      /** Format: uuid */
      executionId: string;
      /** @description The `cursor` of the next page; null on the last page */
      nextCursor: string | null;
    };
    AttachLabel: {
      name: string;
    };
    Attachment: {
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      /** Format: uuid */
      id: string;
      /** Format: uuid */
      linkedId: string;
      /** @enum {string} */
      linkedType: 'task' | 'project' | 'document';
      mediaType: string | null;
      name: string;
      /** Format: uuid */
      projectId: string;
      sha256: string | null;
      /** @description Bytes; 0 for a link */
      size: number;
      url: string | null;
    };
    AttachmentPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['Attachment'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    AuthEndOtherSessionsQuery: {
      /**
       * Format: uuid
       * @description The id of another user; for administrators only
       */
      userId?: string;
    };
    AuthListSessionsQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /**
       * Format: uuid
       * @description The id of another user; for administrators only
       */
      userId?: string;
    };
    AuthSession: {
      /** @description The address from which the user signed in */
      address: string | null;
      /**
       * Format: date-time
       * @description The time of the sign-in with the password
       */
      createdAt: string;
      /** @description Whether it is the sign-in of this request */
      current: boolean;
      /**
       * Format: date-time
       * @description When it expires unless its tokens are renewed
       */
      expiresAt: string;
      /** Format: uuid */
      id: string;
      /**
       * Format: date-time
       * @description The time of the last request, up to about a minute late
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
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    Backlog: {
      /** @description The slug of the agent */
      agentId: string;
      hasNext: boolean;
      hasPrevious: boolean;
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      tasks: components['schemas']['BacklogTask'][];
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    BacklogSummary: {
      blocked: number;
      complete: number;
      inProgress: number;
      queued: number;
      /** @description All of these; cancelled tasks are left out */
      total: number;
    };
    BacklogTask: {
      /** @description Why the work cannot go on, or why it failed */
      blocker: string | null;
      completed: string | null;
      /** Format: date-time */
      created: string;
      description: string;
      /** @description The ref of the task */
      id: string;
      priority: number;
      result: string | null;
      started: string | null;
      /** @enum {string} */
      status: 'queued' | 'in_progress' | 'complete' | 'blocked' | 'cancelled';
      title: string;
    };
    Backlogs: {
      hasNext: boolean;
      hasPrevious: boolean;
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      tasks: components['schemas']['AgentTask'][];
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    BacklogsGetQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Only tasks that the backlog shows like this
       * @enum {string}
       */
      status?: 'queued' | 'in_progress' | 'complete' | 'blocked' | 'cancelled';
    };
    BacklogsListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Only tasks that the backlog shows like this
       * @enum {string}
       */
      status?: 'queued' | 'in_progress' | 'complete' | 'blocked' | 'cancelled';
      /** @description Only tasks of this priority */
      priority?: number;
      /** @description Only the tasks of this agent: its id or its slug */
      agentId?: string;
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
      operation:
        | 'update_status'
        | 'assign'
        | 'add_tags'
        | 'remove_tags'
        | 'delete'
        | 'set_priority'
        | 'archive'
        | 'restore';
      successful: string[];
    };
    BulkTasks:
      | {
          data: {
            progressPercentage?: number;
            /**
             * @description A status, or a word of a board: backlogged and planned are pending, progressed is running. A word that the task already shows changes nothing
             * @enum {string}
             */
            status:
              | 'pending'
              | 'running'
              | 'completed'
              | 'failed'
              | 'cancelled'
              | 'backlogged'
              | 'planned'
              | 'progressed';
          };
          /** @enum {string} */
          operation: 'update_status';
          taskIds: string[];
        }
      | {
          data: {
            /** @description A user who can see the project. A user who later loses access to it keeps the task until it is reassigned */
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
          /** @default {} */
          data?: {
            [key: string]: unknown;
          };
          /** @enum {string} */
          operation: 'archive';
          taskIds: string[];
        }
      | {
          /** @default {} */
          data?: {
            [key: string]: unknown;
          };
          /** @enum {string} */
          operation: 'restore';
          taskIds: string[];
        }
      | {
          data: {
            /** @description 1 is the most urgent; urgent, high, medium, low and none stand for 1, 3, 5, 7 and 9 */
            priority: number | ('urgent' | 'high' | 'medium' | 'low' | 'none');
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
    ChangeInBacklog: {
      /** @description Why the work cannot go on; null when nothing blocks it */
      blocker?: string | null;
      description?: string;
      /** @description 1 is the most urgent; urgent, high, medium, low and none stand for 1, 3, 5, 7 and 9 */
      priority?: number | ('urgent' | 'high' | 'medium' | 'low' | 'none');
      /** @description What the work came to, of a task that is complete */
      result?: string | null;
      /** @enum {string} */
      status?: 'queued' | 'in_progress' | 'complete' | 'blocked' | 'cancelled';
      title?: string;
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
    Checklist: {
      done: number;
      items: components['schemas']['ChecklistItem'][];
      /** Format: uuid */
      taskId: string;
      total: number;
    };
    ChecklistItem: {
      done: boolean;
      doneAt: string | null;
      doneBy: string | null;
      /** Format: uuid */
      id: string;
      position: number;
      /** Format: uuid */
      taskId: string;
      text: string;
      version: number;
    };
    Claim: {
      /** Format: uuid */
      claimId: string;
      /** Format: date-time */
      expiresAt: string;
      task: components['schemas']['Task'];
      /** @description Proves that you hold the claim; needed to renew and to end it */
      token: string;
    };
    ClaimHeartbeat: {
      /** @description The token of the claim */
      token: string;
    };
    ClaimLostMessage: {
      data: {
        /** Format: uuid */
        claimId: string;
        /** Format: uuid */
        projectId: string;
        /** @enum {string} */
        reason: 'lapsed' | 'deleted' | 'status_changed';
        ref: string;
        /** Format: uuid */
        taskId: string;
        title: string;
        /**
         * Format: uuid
         * @description The holder
         */
        userId: string;
      };
      /**
       * Format: uuid
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'claim.lost';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    ClaimNext: {
      /** @description The agent whose backlog is worked on, instead of a project */
      agentId?: string;
      /** @description Only tasks with all of these labels */
      labels?: string[];
      /**
       * @description How long the claim lasts unless it is renewed, in seconds
       * @default 300
       */
      leaseSeconds?: number;
      /** @description The id of a project, or its key */
      projectId?: string;
      /** @description Only tasks of these types */
      types?: (
        | 'task'
        | 'bug'
        | 'issue'
        | 'improvement'
        | 'feature'
        | 'vulnerability'
        | 'chore'
        | 'spike'
        | 'bucket-list'
      )[];
      /**
       * @description How long to wait for a task when there is none, in seconds
       * @default 0
       */
      waitSeconds?: number;
    };
    /** @default {} */
    ClaimTask: {
      /**
       * @description How long the claim lasts unless it is renewed, in seconds
       * @default 300
       */
      leaseSeconds?: number;
    };
    ClearQueue: {
      /** @enum {boolean} */
      confirm: true;
      /** @enum {string} */
      queueName: 'high_priority' | 'normal_priority' | 'low_priority';
    };
    CloneProject: {
      /**
       * @description Whether to copy archived tasks, too, which stay archived
       * @default false
       */
      includeArchived?: boolean;
      /**
       * @description Whether to copy drafts, too: your own, or all as an owner of the project
       * @default false
       */
      includeDrafts?: boolean;
      /**
       * @description Whether to copy settings, limits and visibility; otherwise the defaults are used
       * @default true
       */
      includeSettings?: boolean;
      /**
       * @description Whether to copy the tasks, too, as pending ones with new ids and numbers, and the schedules and triggers, switched off, without secrets and with new URLs. A token needs the scope `tasks.write`
       * @default false
       */
      includeTasks?: boolean;
      /** @description The prefix of task refs; derived from the name when absent */
      key?: string;
      name: string;
    };
    ClonedProject: {
      /** @description The agent whose backlog it is */
      agentId: string | null;
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
        /** @description The limits of runs that request none */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks: number;
        /** @description The maximum that a run may request; also applies to runs that request none */
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
        /** @description True when `command` is cut to the 1024 characters that a list shows */
        commandTruncated: boolean;
        completedAt: string | null;
        /** @description Seconds with one decimal */
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
      /** @description The `cursor` of the next page; null on the last page */
      nextCursor: string | null;
      offset: number;
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    CommandStatus: {
      command: string;
      /** Format: uuid */
      commandId: string;
      completedAt: string | null;
      /** @description Seconds with one decimal */
      duration: number | null;
      error: string | null;
      /** @description The exit code; -N after signal N */
      exitCode: number | null;
      limits: components['schemas']['RunLimits'];
      /** @description false when the command has no network */
      network: boolean;
      /** @description The end of the output, at most 256 KiB */
      output: components['schemas']['OutputFrame'][];
      /** @description The number of bytes of the stored output */
      outputBytes: number;
      /** @description Whether `output` is not the whole of the output */
      outputCut: boolean;
      /** @description The number of bytes that were left out because the output exceeded the limit of the run */
      outputOmitted: number;
      /** @description When the output was removed at the end of its retention */
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
      /** @description The program that runs the command with `-c` */
      shell: string;
      startedAt: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
      taskId: string | null;
      /** @description Seconds */
      timeout: number;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
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
      /** @description The maximum number of items */
      limit?: number;
      /** @description The number of items to skip */
      offset?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /** @description Comma-separated: queued, running, completed, failed, cancelled */
      status?: string | string[];
    };
    CommandsOutputQuery: {
      /** @description The first byte, in the output of both streams */
      fromOffset?: number;
      /** @description The maximum number of bytes of the output of both streams */
      limit?: number;
      /** @description The number of last lines */
      tail?: number;
      /**
       * @description One stream only
       * @enum {string}
       */
      stream?: 'stdout' | 'stderr';
      /**
       * @description `strip` removes colours and other terminal control sequences
       * @default keep
       * @enum {string}
       */
      ansi?: 'keep' | 'strip';
      /** @description true to follow the output until the command ends */
      follow?: string | string[];
      /**
       * @description true to let browsers save it as a file
       * @default false
       * @enum {string}
       */
      download?: 'true' | 'false';
    };
    CommandsSearchOutputQuery: {
      /** @description The text to search for; not a regular expression */
      q: string;
      /**
       * @description true to ignore the case of A to Z
       * @default false
       * @enum {string}
       */
      ignoreCase?: 'true' | 'false';
      /** @description The number of lines before and after each match */
      context?: number;
      /** @description The maximum number of matching lines; a response also ends after 4 MiB of text */
      limit?: number;
      /**
       * @description One stream only; lines are counted in it
       * @enum {string}
       */
      stream?: 'stdout' | 'stderr';
      /**
       * @description `strip` removes colours and other terminal control sequences
       * @default keep
       * @enum {string}
       */
      ansi?: 'keep' | 'strip';
      /**
       * @description The `next_cursor` of the previous response
       * @default 0.1
       */
      cursor?: string;
    };
    CommandsStatusQuery: {
      /** @description Only the last lines of the output */
      tail?: number;
      /** @description How long to wait for the end, or for output beyond `after_offset` */
      waitSeconds?: number;
      /** @description Ends the wait as soon as more than so many bytes of output are stored */
      afterOffset?: number;
    };
    CommandsSuggestionsQuery: {
      /** @description A topic such as git; with an unknown one, commands of all topics are suggested */
      context?: string | string[];
      /** @description The beginning of a command */
      prefix?: string | string[];
    };
    Comment: {
      /** Format: uuid */
      authorId: string;
      /** @description The user name of the author */
      authorName: string | null;
      body: string;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      id: string;
      /** @description Who wrote it elsewhere, as the file says that it was imported from by the author */
      importedAuthor: string | null;
      /** @description The users it mentions who can see the task */
      mentions: {
        /** Format: uuid */
        userId: string;
        username: string;
      }[];
      /** Format: uuid */
      taskId: string;
      /** Format: date-time */
      updatedAt: string;
      version: number;
    };
    CommentPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['Comment'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    CompleteClaim: {
      /**
       * @description What the work came to
       * @default null
       */
      result?: string | null;
      /** @description The token of the claim */
      token: string;
    };
    Concurrency: {
      group: string;
      limit: number;
      /** @enum {string} */
      onConflict: 'queue' | 'skip' | 'cancel_running';
    };
    CreateAgent: {
      /**
       * @description What it is for
       * @default
       */
      description?: string;
      name: string;
      /** @description The prefix of the refs of its tasks; the first three letters of the slug when absent */
      prefix?: string;
      /** @description Derived from the name when absent */
      slug?: string;
      /**
       * @description Who sees its backlog: its maker and the members of its project, or everybody
       * @default private
       * @enum {string}
       */
      visibility?: 'private' | 'internal';
    };
    CreateAgentKey: {
      /** @description When the token expires; null for never */
      expiresAt?: string | null;
      /** @description The purpose of the token */
      label: string;
      /**
       * @default [
       *       "tasks.read",
       *       "tasks.write",
       *       "projects.read",
       *       "execute"
       *     ]
       */
      scopes?: components['schemas']['TokenScope'][];
    };
    CreateChecklistItem: {
      /** @default false */
      done?: boolean;
      /** @description Its place from 0; the others move. One beyond the end means the end */
      position?: number;
      text: string;
    };
    CreateComment: {
      /** @description Markdown; `@username` mentions a user */
      body: string;
    };
    CreateDocument: {
      /** @description Markdown, kept as it is sent */
      body: string;
      /**
       * @description What the change is about
       * @default null
       */
      changeNote?: string | null;
      title: string;
    };
    CreateLabel: {
      color?: string | null;
      /** @default  */
      description?: string;
      /**
       * @default task
       * @enum {string}
       */
      kind?: 'task' | 'project';
      /** @description Compared without regard to case */
      name: string;
      /** @description Null for a label of the whole installation, which administrators make */
      projectId?: string | null;
    };
    CreateLink: {
      /** @description The id of what it is attached to; the ref of a task or the key of a project will do */
      linkedId: string;
      /** @enum {string} */
      linkedType: 'task' | 'project' | 'document';
      /** @description The name of the file, or the URL, unless given */
      name?: string;
      /**
       * Format: uri
       * @description Where the link leads; it is not fetched
       */
      url: string;
    };
    CreateMemory: {
      /** @description Markdown, kept as it is sent */
      body: string;
      /** @default [] */
      tags?: string[];
      /** @default  */
      title?: string;
    };
    CreatePersonalAccessToken: {
      /** @description When the token expires; null for never */
      expiresAt?: string | null;
      /** @description The purpose of the token */
      label: string;
      scopes: components['schemas']['TokenScope'][];
    };
    CreateProject: {
      /** @default  */
      description?: string;
      /** @description The prefix of task refs; derived from the name when absent */
      key?: string;
      name: string;
      /** @default {} */
      resourceLimits?: {
        /** @description The limits of runs that request none */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks?: number;
        /** @description The maximum that a run may request; also applies to runs that request none */
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
    CreateProjectKey: {
      /** @description When the token expires; null for never */
      expiresAt?: string | null;
      /** @description The purpose of the token */
      label: string;
      /**
       * @description All of these unless fewer are given
       * @default [
       *       "tasks.read",
       *       "tasks.write",
       *       "projects.read",
       *       "execute"
       *     ]
       */
      scopes?: ('tasks.read' | 'tasks.write' | 'projects.read' | 'execute')[];
    };
    CreateSchedule: {
      /**
       * @description Which times of a downtime are made up for: the `latest`, `none`, or `all` one after the other, at most the latest 100
       * @default latest
       * @enum {string}
       */
      catchUp?: 'latest' | 'none' | 'all';
      /**
       * @description The concurrency group of its runs; null for that of the task
       * @default null
       */
      concurrency?: components['schemas']['SetConcurrency'] | null;
      /**
       * @description Five fields (minute, hour, day of the month, month, day of the week) or six, with seconds first; names, ranges, steps, L, W and #; or @hourly, @daily, @weekly, @monthly, @yearly
       * @default null
       */
      cron?: string | null;
      /** @default  */
      description?: string;
      /**
       * @description After how many failed runs in a row it is switched off
       * @default null
       */
      disableAfterFailures?: number | null;
      /** @default true */
      enabled?: boolean;
      /** @description It has no time after this one */
      endsAt?: string | null;
      /** @description Instead of `cron`: a duration, counted from `starts_at` */
      every?: string | null;
      /**
       * @description The inputs of each run, by name; that of a secret shows as ***, which leaves it as it is when it is sent back
       * @example {
       *       "environment": "staging",
       *       "retries": 3
       *     }
       */
      inputs?: {
        [key: string]: string | number | boolean;
      };
      /**
       * @description Each run is delayed by up to so many seconds, at most until the next time, always alike for the same time
       * @default 0
       */
      jitterSeconds?: number;
      name: string;
      /**
       * @description What happens at a time while its last run goes on: `skip` it, `queue` one run behind it, `replace` it (it is cancelled first), or `allow` both, which only a schedule with a template may
       * @default skip
       * @enum {string}
       */
      overlap?: 'skip' | 'queue' | 'replace' | 'allow';
      /**
       * @default normal
       * @enum {string}
       */
      priority?: 'high' | 'normal' | 'low';
      /** @description It has no time before this one */
      startsAt?: string | null;
      /**
       * @description The task of the project that it runs: its id or ref
       * @default null
       */
      taskId?: string | null;
      template?: {
        [key: string]: unknown;
      } | null;
      /**
       * @description A time zone of IANA; null for that of the project, which is UTC unless its settings say another
       * @default null
       */
      timezone?: string | null;
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
       * @description Which files of the workspace are kept after a run that has made or changed them: globs with `*`, `?`, `[…]`, `{a,b}` and `**`, or the names of files and folders
       * @default []
       */
      artifacts?: string[];
      /**
       * @description A user who can see the project. A user who later loses access to it keeps the task until it is reassigned
       * @default null
       */
      assignedTo?: string | null;
      /**
       * @description Why the work cannot go on; null when nothing blocks it
       * @default null
       */
      blocker?: string | null;
      /** @default null */
      command?: string | null;
      /** @default null */
      concurrency?: components['schemas']['SetConcurrency'] | null;
      /** @description Tasks of the same project that must be completed before this one runs */
      dependencies?: string[];
      /** @default  */
      description?: string;
      /**
       * @description A draft is seen by you and the owners of the project only, until it is published
       * @default false
       */
      draft?: boolean;
      /**
       * @description When it is to be done by: a time, or a date, which means the end of that day in UTC
       * @default null
       */
      dueAt?: string | null;
      /**
       * @description Environment variables of the command
       * @default {}
       */
      environment?: {
        [key: string]: string;
      };
      estimatedDuration?: string | null;
      /**
       * @description Its name elsewhere; unique in the project
       * @default null
       */
      externalRef?: string | null;
      /**
       * @description Exit codes after which there is no further attempt
       * @default []
       */
      finalExitCodes?: number[];
      /**
       * @description The inputs that each run of the task takes
       * @default []
       */
      inputs?: {
        /** @description The values of a choice, and only of that */
        choices?: string[] | null;
        /**
         * @description The value of a run that gives none
         * @default null
         */
        default?: string | number | boolean | null;
        /** @default  */
        description?: string;
        /** @description The command finds the value in `INPUT_` and the name in upper case */
        name: string;
        /**
         * @description A regular expression of RE2 that matches the whole of a string or secret
         * @default null
         */
        pattern?: string | null;
        /** @default false */
        required?: boolean;
        /**
         * @default string
         * @enum {string}
         */
        type?: 'string' | 'number' | 'boolean' | 'choice' | 'secret';
      }[];
      /** @default {} */
      limits?: components['schemas']['RunLimits'];
      /** @default {} */
      metadata?: {
        [key: string]: unknown;
      };
      /**
       * @description The task of the same project that this one is a part of: its id or ref
       * @default null
       */
      parentId?: string | null;
      /** @description 1 is the most urgent; urgent, high, medium, low and none stand for 1, 3, 5, 7 and 9 */
      priority?: number | ('urgent' | 'high' | 'medium' | 'low' | 'none');
      /** @description Its project; may only be left out with a key of a project */
      projectId?: string;
      /**
       * @description The path within the project's repository that it is about
       * @default null
       */
      projectPath?: string | null;
      /**
       * @description What the work came to
       * @default null
       */
      result?: string | null;
      /**
       * @description The number of further attempts after a failed one
       * @default 0
       */
      retryAttempts?: number;
      /**
       * @description The labels that a worker must have to run it; null for the project's, [] for any worker
       * @default null
       */
      runsOn?: string[] | null;
      /** @default null */
      shell?: string | null;
      /**
       * @description Where the task comes from, such as the name of a tool
       * @default null
       */
      source?: string | null;
      /**
       * @description A status, or a word of a board: backlogged and planned are pending, progressed is running. A word that the task already shows changes nothing
       * @default pending
       * @enum {string}
       */
      status?:
        | 'pending'
        | 'running'
        | 'completed'
        | 'failed'
        | 'cancelled'
        | 'backlogged'
        | 'planned'
        | 'progressed';
      /** @default [] */
      tags?: string[];
      /** @default null */
      timeout?: number | null;
      title: string;
      /**
       * @description What kind of work it is
       * @default task
       * @enum {string}
       */
      type?:
        | 'task'
        | 'bug'
        | 'issue'
        | 'improvement'
        | 'feature'
        | 'vulnerability'
        | 'chore'
        | 'spike'
        | 'bucket-list';
      /** @default null */
      workingDirectory?: string | null;
    };
    CreateTrigger: {
      /** @default  */
      description?: string;
      /** @default true */
      enabled?: boolean;
      /** @description Which messages run the task; others are answered with `skipped` */
      filter?: {
        /** @description Names of branches: of a push, or of that into which a pull or merge request would be merged */
        branches?: string[];
        /** @description Names of events, in the header X-GitHub-Event or X-Gitlab-Event, or in the fields object_kind, type or event */
        events?: string[];
        /** @description Values that the message must have, by JSON pointer */
        match?: {
          [key: string]: string | number | boolean | null;
        };
      };
      /**
       * @description JSON pointers into the message, by the name of the input of the task that gets the value
       * @example {
       *       "commit": "/after"
       *     }
       */
      inputsFrom?: {
        [key: string]: string;
      };
      name: string;
      /**
       * @default normal
       * @enum {string}
       */
      priority?: 'high' | 'normal' | 'low';
      /**
       * @description The secret with which messages must be signed; null to take unsigned ones. Never shown again
       * @default null
       */
      secret?: string | null;
      /** @description The task of this project that it runs: its id or ref */
      taskId: string;
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
      /** @description Exact names of events, patterns such as `task.*`, or `*`. System events are only sent to webhooks without a project, and a webhook of a project only receives events of that project */
      events: (
        | 'task.created'
        | 'task.updated'
        | 'task.completed'
        | 'task.failed'
        | 'task.archived'
        | 'task.restored'
        | 'task.commented'
        | 'claim.lost'
        | 'schedule.fired'
        | 'schedule.skipped'
        | 'schedule.disabled'
        | 'project.created'
        | 'project.updated'
        | 'system.maintenance'
        | 'system.alert'
        | 'worker.lost'
        | 'task.*'
        | 'schedule.*'
        | 'project.*'
        | 'system.*'
        | '*'
      )[];
      /** @description The id or key of a project; null for all events, which requires an administrator */
      projectId?: string | null;
      /** @description The secret that signs messages; generated when absent */
      secret?: string;
      /** Format: uri */
      url: string;
    };
    Deleted: {
      /** Format: date-time */
      deletedAt: string;
      message: string;
    };
    DeletedComment: {
      /** Format: date-time */
      deletedAt: string;
      message: string;
    };
    DeletedFromBacklog: {
      /** @description The ref of the task */
      deleted: string;
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
          /** @description The round-trip time of WebSocket pings in milliseconds */
          avgLatency: number | null;
          /** @enum {string} */
          status: 'healthy' | 'unhealthy';
        };
      };
      metrics: {
        /** @description Milliseconds in the last minute */
        averageResponseTime: number | null;
        /** @description The share of responses with status 500 or more in the last minute */
        errorRate: number;
        requestsPerMinute: number;
      };
      /** @enum {string} */
      status: 'healthy' | 'unhealthy';
      /** Format: date-time */
      timestamp: string;
    };
    DoctorCheck: {
      /** @description Figures and the first few of what differs */
      details?: {
        [key: string]: unknown;
      };
      /** @description Whether the fix mends what was found */
      fixable: boolean;
      /** @description What was found, and what to do about it */
      message: string;
      /** @enum {string} */
      name:
        | 'migrations'
        | 'clock'
        | 'disk'
        | 'queue'
        | 'run_leases'
        | 'claim_leases'
        | 'task_counts'
        | 'stored_bytes'
        | 'checklist_counts'
        | 'task_numbers'
        | 'search_words'
        | 'files'
        | 'orphans'
        | 'profile_counts'
        | 'queue_metrics'
        | 'analytics';
      /**
       * @description `skipped`: could not be checked; the message says why
       * @enum {string}
       */
      status: 'ok' | 'warning' | 'error' | 'skipped';
    };
    DoctorFix: {
      fixes: {
        /** @description The number of rows or runs that were mended */
        changed: number;
        message: string;
        /** @enum {string} */
        name:
          | 'migrations'
          | 'clock'
          | 'disk'
          | 'queue'
          | 'run_leases'
          | 'claim_leases'
          | 'task_counts'
          | 'stored_bytes'
          | 'checklist_counts'
          | 'task_numbers'
          | 'search_words'
          | 'files'
          | 'orphans'
          | 'profile_counts'
          | 'queue_metrics'
          | 'analytics';
      }[];
      /** @description What the checks say after the fix */
      report: components['schemas']['DoctorReport'];
    };
    DoctorReport: {
      /** Format: date-time */
      checkedAt: string;
      checks: components['schemas']['DoctorCheck'][];
      /**
       * @description The worst of the checks that were made; those that were skipped do not count
       * @enum {string}
       */
      status: 'ok' | 'warning' | 'error';
    };
    Document: {
      body: string;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      /** Format: uuid */
      id: string;
      /** @enum {string} */
      kind: 'plan' | 'doc' | 'memory';
      /** Format: uuid */
      projectId: string;
      tags: string[];
      taskId: string | null;
      title: string;
      /** Format: date-time */
      updatedAt: string;
      /** Format: uuid */
      updatedBy: string;
      version: number;
    };
    DocumentPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['ListedDocument'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    DocumentVersion: {
      /** Format: uuid */
      authorId: string;
      body: string;
      changeNote: string | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      documentId: string;
      title: string;
      version: number;
    };
    DocumentVersionPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['ListedDocumentVersion'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    DocumentsListDocumentAttachmentsQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    DocumentsListVersionsQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    EndedSessions: {
      /** @description The number of sign-ins that were ended */
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
          | 'ATTACHMENT_IS_LINK'
          | 'TASK_NOT_FOUND'
          | 'TASK_ALREADY_RUNNING'
          | 'TASK_ALREADY_CLAIMED'
          | 'TASK_NOT_CLAIMABLE'
          | 'CLAIM_LOST'
          | 'TASK_NOT_RUNNING'
          | 'TASK_ARCHIVED'
          | 'TASK_IS_DRAFT'
          | 'TASK_NOT_DRAFT'
          | 'TASK_NOT_RETRYABLE'
          | 'TASK_EXECUTION_FAILED'
          | 'TASK_TIMEOUT'
          | 'TASK_CANCELLED'
          | 'TASK_DEPENDENCY_NOT_MET'
          | 'TASK_NOT_EXECUTABLE'
          | 'CONCURRENCY_SKIPPED'
          | 'COMMAND_UNSAFE'
          | 'COMMAND_NOT_RUNNING'
          | 'PROJECT_NOT_FOUND'
          | 'PROJECT_ACCESS_DENIED'
          | 'PROJECT_ARCHIVED'
          | 'PROJECT_NOT_ARCHIVED'
          | 'PROJECT_LIMIT_EXCEEDED'
          | 'MAKER_DISABLED'
          | 'TRIGGER_SIGNATURE_INVALID'
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
    EventsFollowQuery: {
      /** @description Only of this project: its id or its key */
      projectId?: string;
      /** @description Only about things of these types, with commas, such as task,document */
      types?: string | string[];
    };
    ExecuteCommand: {
      /**
       * @description Whether to run a command that looks destructive; for administrators only
       * @default false
       */
      allowUnsafe?: boolean;
      /** @description A command for the shell, or a script for the interpreter in its first line (`#!`) */
      command: string;
      /**
       * @description Environment variables of the command
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
      /** @description The project in whose workspace the command runs, instead of your own */
      projectId?: string | null;
      /**
       * @description The program that runs the command with `-c`; unless it is named, that of the project, else sh
       * @default null
       */
      shell?: string | null;
      /**
       * @description false to wait for the end and get the output in the response
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
      /**
       * @description The values of the task's inputs, by name
       * @example {
       *       "environment": "staging",
       *       "retries": 3
       *     }
       */
      inputs?: {
        [key: string]: string | number | boolean;
      };
      options?: {
        /** @description Whether to run a command that `validate` reports as unsafe; for administrators only */
        allowUnsafe?: boolean;
        /** @description Exit codes after which there is no further attempt */
        finalExitCodes?: number[];
        limits?: components['schemas']['RunLimits'];
        /** @description The number of further attempts after a failed one */
        retryAttempts?: number;
        /** @description Seconds */
        timeout?: number;
      };
      /**
       * @default normal
       * @enum {string}
       */
      priority?: 'high' | 'normal' | 'low';
      /**
       * @description How long to wait for the end, also that of further attempts; by then the answer is 200
       * @default 0
       */
      waitSeconds?: number;
    };
    ExecutedCommand: components['schemas']['CommandStatus'] | components['schemas']['StartedCommand'];
    ExecutedTask: {
      /** @description Estimated from recent runs; null without any */
      estimatedStartTime: string | null;
      /** @description The last attempt, when it has ended within `wait_seconds` */
      execution: components['schemas']['ExecutionDetail'] | null;
      /** Format: uuid */
      executionId: string;
      /** @description The exit code; -N after signal N */
      exitCode: number | null;
      /** @description Position in the queue; null when it has started */
      queuePosition: number | null;
      /** @enum {string} */
      status: 'queued' | 'completed' | 'failed' | 'cancelled';
      /** Format: uuid */
      taskId: string;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
    };
    ExecutionDetail: {
      /** @description Globs of the files that are kept of the run */
      artifacts: string[];
      /** @description Why files were left out, or could not be looked for */
      artifactsError: string | null;
      /** @description The number of files that match and were left out */
      artifactsOmitted: number;
      attempt: number;
      command: string;
      completedAt: string | null;
      /** @description The group in which at most `concurrency_limit` runs are under way at a time */
      concurrencyGroup: string | null;
      concurrencyLimit: number | null;
      duration: string | null;
      error: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description The exit code; -N after signal N */
      exitCode: number | null;
      finalExitCodes: number[];
      /** @description The values of its inputs by name; that of a secret shows as *** */
      inputs: {
        [key: string]: string | number | boolean;
      };
      limits: components['schemas']['RunLimits'];
      /** @description false when the command has no network */
      network: boolean;
      /** @description The schedule or trigger that has started it; null when somebody has */
      origin: {
        /** Format: uuid */
        id: string;
        /** @enum {string} */
        type: 'schedule' | 'trigger';
      } | null;
      /** @description The number of stored bytes, including those that have been removed since */
      outputBytes: number;
      /** @description The number of bytes that were left out because the output exceeded the limit of the run */
      outputOmitted: number;
      /** @description When the output was removed at the end of its retention */
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
      /** @description The labels that a worker must have to run it */
      runsOn: string[];
      /** @description The program that runs the command with `-c` */
      shell: string;
      startedAt: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
      /** @description The Markdown that the command has written to the file MILLRACE_SUMMARY; at most 1 MiB */
      summary: string | null;
      taskId: string | null;
      /** @description Seconds */
      timeout: number;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      workingDirectory: string;
    };
    ExecutionsDownloadArtifactQuery: {
      /** @description The first byte; behind the end nothing is sent */
      fromOffset?: number;
      /** @description The most bytes; all of the rest unless given */
      limit?: number;
    };
    ExecutionsListArtifactsQuery: {
      /** @description The maximum number of items */
      limit?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
    };
    FailClaim: {
      /** @description Becomes the result of a task that has failed */
      reason: string;
      /**
       * @description Whether the task is open again, rather than failed
       * @default false
       */
      retry?: boolean;
      /** @description The token of the claim */
      token: string;
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
    ImportFault: {
      field: string | null;
      issue: string;
      /** @description The line of the file */
      line: number;
    };
    ImportPlan: {
      /** @description Tasks that a manifest does not name, which are archived */
      archive: number;
      /** @description The tasks that change, the first 1000 of them */
      changes: {
        /** @enum {string} */
        action: 'create' | 'update' | 'complete' | 'archive';
        line: number | null;
        /** @description Null for a task that is not there yet */
        ref: string | null;
        title: string;
      }[];
      /** @description Tasks of findings that are gone, which are completed */
      complete: number;
      /** @description Tasks that are made */
      create: number;
      documents: {
        create: number;
        skip: number;
        update: number;
      };
      dryRun: boolean;
      /** @description What keeps the file from being imported; empty unless it is a dry run */
      faults: components['schemas']['ImportFault'][];
      /** @description Labels that are made */
      labels: number;
      /** @description New ones are switched off, and so are those of which the file changes when or what they run */
      schedules: {
        create: number;
        skip: number;
        update: number;
      };
      /** @description Tasks that are already as the file has them */
      skip: number;
      /** @description New ones are switched off, have a URL of their own and no secret */
      triggers: {
        create: number;
        skip: number;
        update: number;
      };
      /** @description Tasks that are changed */
      update: number;
      /** @description What the file says that is left out, such as users who do not exist here, and what is to be done by hand, such as switching a schedule on */
      warnings: components['schemas']['ImportFault'][];
    };
    Label: {
      archivedAt: string | null;
      color: string | null;
      /** Format: date-time */
      createdAt: string;
      createdBy: string | null;
      description: string;
      /** Format: uuid */
      id: string;
      /** @enum {string} */
      kind: 'task' | 'project';
      name: string;
      projectId: string | null;
      /** Format: date-time */
      updatedAt: string;
      version: number;
    };
    LabelPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['Label'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    LabelsListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /** @description The labels of this project and of the whole installation */
      projectId?: string;
      /**
       * @description What the labels are for
       * @enum {string}
       */
      kind?: 'task' | 'project';
      /** @description The beginning of the name, without regard to case */
      search?: string;
      /**
       * @description Archived labels, too
       * @enum {string}
       */
      includeArchived?: 'true' | 'false';
    };
    LastRun: {
      attempt: number;
      /** @description The error when the run failed for another reason than the command; at most 1,000 characters */
      error: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description The exit code; -N after signal N */
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
    ListedDocument: {
      body: string;
      /** @description Whether only the first 2000 characters are shown */
      bodyTruncated: boolean;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      /** Format: uuid */
      id: string;
      /** @enum {string} */
      kind: 'plan' | 'doc' | 'memory';
      /** Format: uuid */
      projectId: string;
      tags: string[];
      taskId: string | null;
      title: string;
      /** Format: date-time */
      updatedAt: string;
      /** Format: uuid */
      updatedBy: string;
      version: number;
    };
    ListedDocumentVersion: {
      /** Format: uuid */
      authorId: string;
      changeNote: string | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      documentId: string;
      title: string;
      version: number;
    };
    ListedExecution: {
      /** @description Globs of the files that are kept of the run */
      artifacts: string[];
      /** @description Why files were left out, or could not be looked for */
      artifactsError: string | null;
      /** @description The number of files that match and were left out */
      artifactsOmitted: number;
      attempt: number;
      command: string;
      /** @description True when `command` is cut to the 1024 characters that a list shows */
      commandTruncated: boolean;
      completedAt: string | null;
      /** @description The group in which at most `concurrency_limit` runs are under way at a time */
      concurrencyGroup: string | null;
      concurrencyLimit: number | null;
      duration: string | null;
      error: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description The exit code; -N after signal N */
      exitCode: number | null;
      finalExitCodes: number[];
      limits: components['schemas']['RunLimits'];
      /** @description false when the command has no network */
      network: boolean;
      /** @description The schedule or trigger that has started it; null when somebody has */
      origin: {
        /** Format: uuid */
        id: string;
        /** @enum {string} */
        type: 'schedule' | 'trigger';
      } | null;
      /** @description The number of stored bytes, including those that have been removed since */
      outputBytes: number;
      /** @description The number of bytes that were left out because the output exceeded the limit of the run */
      outputOmitted: number;
      /** @description When the output was removed at the end of its retention */
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
      /** @description The labels that a worker must have to run it */
      runsOn: string[];
      /** @description The program that runs the command with `-c` */
      shell: string;
      startedAt: string | null;
      /** @enum {string} */
      status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
      taskId: string | null;
      /** @description Seconds */
      timeout: number;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      workingDirectory: string;
    };
    ListedTask: {
      actualDuration: string | null;
      archivedAt: string | null;
      artifacts: string[];
      assignedTo: string | null;
      blocker: string | null;
      checklist: {
        done: number;
        total: number;
      };
      command: string | null;
      /** @description True when `command` is cut to the 1024 characters that a list shows */
      commandTruncated: boolean;
      completedAt: string | null;
      concurrency: components['schemas']['Concurrency'] | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      dueAt: string | null;
      estimatedDuration: string | null;
      /** @description The current or last execution */
      executionId: string | null;
      externalRef: string | null;
      finalExitCodes: number[];
      /** Format: uuid */
      id: string;
      isDraft: boolean;
      /** @description The result of the current or last execution */
      lastRun: components['schemas']['LastRun'] | null;
      limits: components['schemas']['RunLimits'];
      metadata: {
        [key: string]: unknown;
      };
      parentId: string | null;
      priority: number;
      /** @enum {string} */
      priorityName: 'urgent' | 'high' | 'medium' | 'low' | 'none';
      progressPercentage: number;
      /** Format: uuid */
      projectId: string;
      projectPath: string | null;
      ref: string;
      result: string | null;
      retryAttempts: number;
      runsOn: string[] | null;
      shell: string | null;
      source: string | null;
      startedAt: string | null;
      /** @enum {string} */
      status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      tags: string[];
      timeout: number | null;
      title: string;
      /** @enum {string} */
      type:
        | 'task'
        | 'bug'
        | 'issue'
        | 'improvement'
        | 'feature'
        | 'vulnerability'
        | 'chore'
        | 'spike'
        | 'bucket-list';
      /** Format: date-time */
      updatedAt: string;
      version: number;
      /** @description The reason why a queued task has not started yet */
      whyWaiting:
        | (
            | 'worker_busy'
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      /**
       * @description The word of a board for the status: a failed task is progressed, a queued one planned
       * @enum {string}
       */
      workflowStatus: 'backlogged' | 'planned' | 'progressed' | 'completed' | 'cancelled';
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
      /** @description The refresh token whose session is to be ended, too */
      refreshToken?: string;
    };
    Maintenance: {
      endsAt: string | null;
      message: string | null;
      startsAt: string | null;
      /** @enum {string} */
      status: 'none' | 'scheduled' | 'active';
    };
    /**
     * @description A message of the Model Context Protocol: JSON-RPC 2.0
     * @example {
     *       "id": 1,
     *       "jsonrpc": "2.0",
     *       "method": "tools/list"
     *     }
     */
    McpMessage: {
      id?: string | number;
      /** @enum {string} */
      jsonrpc: '2.0';
      /** @example tools/list */
      method?: string;
      params?: {
        [key: string]: unknown;
      };
    } & {
      [key: string]: unknown;
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
    MoveTask: {
      /** @description The id of a project, or its key */
      projectId: string;
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
       * @description True on the last frame, which has no content
       * @constant
       */
      end?: true;
      /** @description On the last frame */
      exitCode?: number | null;
      /** @description The length of the content in bytes before the encoding */
      length: number;
      /**
       * @description True on a marker of the server where output was left out
       * @constant
       */
      marker?: true;
      /** @description The offset of the first byte in the output of both streams */
      offset: number;
      /**
       * @description True on the last frame when the output was removed at the end of its retention
       * @constant
       */
      pruned?: true;
      /** @enum {string} */
      stream: 'stdout' | 'stderr';
      /** Format: date-time */
      timestamp: string;
      /** @description The total number of bytes, on the last frame */
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
       * @description True on a marker of the server where output was left out
       * @enum {boolean}
       */
      marker?: true;
      /** @description The offset of the first byte in the output of both streams */
      offset: number;
      /** @enum {string} */
      stream: 'stdout' | 'stderr';
      /** Format: date-time */
      timestamp: string;
    };
    OutputSearch: {
      /** @description True when the whole stored output has been searched */
      complete: boolean;
      matches: {
        after: string[];
        before: string[];
        /** @description The line number, from 1 */
        line: number;
        /** @description The offset of the first byte of the match */
        matchOffset: number;
        /** @description The offset of the first byte of the line */
        offset: number;
        /** @description The line without its line feed; of a long line, 2000 bytes around the match */
        text: string;
      }[];
      /** @description The `cursor` for the rest of the output; null when all of it has been searched */
      nextCursor: string | null;
      /** @description The offset up to which the output has been searched */
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
      /** @description The last characters of the token */
      hint: string;
      /** Format: uuid */
      id: string;
      label: string;
      /** @description The time of the last request, up to about a minute late */
      lastUsedAt: string | null;
      scopes: components['schemas']['TokenScope'][];
      /** Format: uuid */
      userId: string;
    };
    PersonalAccessTokenPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['PersonalAccessToken'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    PersonalAccessTokenWithSecret: {
      /** Format: date-time */
      createdAt: string;
      expiresAt: string | null;
      /** @description The last characters of the token */
      hint: string;
      /** Format: uuid */
      id: string;
      label: string;
      /** @description The time of the last request, up to about a minute late */
      lastUsedAt: string | null;
      scopes: components['schemas']['TokenScope'][];
      /** @description The token, which is only shown in this response; it is used like a JWT */
      token: string;
      /** Format: uuid */
      userId: string;
    };
    PersonalAccessTokensListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /**
       * Format: uuid
       * @description The id of another user; for administrators only
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
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'ping';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
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
    PreviewSchedule: {
      /** @default 5 */
      count?: number;
      /**
       * @description Five fields (minute, hour, day of the month, month, day of the week) or six, with seconds first; names, ranges, steps, L, W and #; or @hourly, @daily, @weekly, @monthly, @yearly
       * @default null
       */
      cron?: string | null;
      /** @description It has no time after this one */
      endsAt?: string | null;
      /** @description Instead of `cron`: a duration, counted from `starts_at` */
      every?: string | null;
      /** @description It has no time before this one */
      startsAt?: string | null;
      /**
       * @description A time zone of IANA; null for that of the project, which is UTC unless its settings say another
       * @default null
       */
      timezone?: string | null;
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
      /** @description Null for an agent */
      email: string | null;
      fullName: string | null;
      /** Format: uuid */
      id: string;
      /**
       * @description An agent has keys instead of a password; `key` is what a key of a project acts as
       * @enum {string}
       */
      kind: 'person' | 'agent' | 'key';
      lastLogin: string | null;
      /** @description The limit of the user; null for the default of the server */
      maxRunning: number | null;
      permissions: ('read' | 'write' | 'execute' | 'admin')[];
      preferences: components['schemas']['Preferences'];
      /** @enum {string} */
      role: 'viewer' | 'developer' | 'admin';
      statistics: {
        /** @description The projects that you have created, including deleted ones */
        projectsCreated: number;
        /** @description The completed tasks that are assigned to you, or that you have created and nobody is assigned to */
        tasksCompleted: number;
        /** @description The tasks that you have created, including deleted ones */
        tasksCreated: number;
        /** @description The time in which at least one of your work sessions was in use, from its creation to its last access; overlapping times count once */
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
      /** @description The agent whose backlog it is */
      agentId: string | null;
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
        /** @description The limits of runs that request none */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks: number;
        /** @description The maximum that a run may request; also applies to runs that request none */
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
        /** @description The median of actual_duration of the same tasks, off by 2 % at most, since it is read from a histogram */
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
        /** @description The completed ones among these tasks */
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
      /** @description A task counts for its assignee, or else for its creator; ordered by completed tasks, at most 100 users */
      teamPerformance: {
        /** @description The mean actual_duration of the completed tasks */
        averageDuration: string | null;
        /** @description Completed tasks ÷ all tasks of the user in the period */
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
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'project.created';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    ProjectDetail: {
      /** @description The agent whose backlog it is */
      agentId: string | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      /** Format: uuid */
      id: string;
      key: string;
      name: string;
      /** @description The last 20 entries, without those that the scopes of the token do not allow to read */
      recentActivity: {
        action: string;
        taskTitle: string | null;
        /** Format: date-time */
        timestamp: string;
        userName: string | null;
      }[];
      resourceLimits: {
        /** @description The limits of runs that request none */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks: number;
        /** @description The maximum that a run may request; also applies to runs that request none */
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
    ProjectKey: {
      /** Format: date-time */
      createdAt: string;
      expiresAt: string | null;
      /** @description The last characters of the token */
      hint: string;
      /** Format: uuid */
      id: string;
      label: string;
      /** @description The time of the last request, up to about a minute late */
      lastUsedAt: string | null;
      /** Format: uuid */
      projectId: string;
      scopes: components['schemas']['TokenScope'][];
      /**
       * Format: uuid
       * @description Who does what is done with the key
       */
      userId: string;
    };
    ProjectKeyPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['ProjectKey'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    ProjectKeyWithSecret: {
      /** Format: date-time */
      createdAt: string;
      expiresAt: string | null;
      /** @description The last characters of the token */
      hint: string;
      /** Format: uuid */
      id: string;
      label: string;
      /** @description The time of the last request, up to about a minute late */
      lastUsedAt: string | null;
      /** Format: uuid */
      projectId: string;
      scopes: components['schemas']['TokenScope'][];
      /** @description The key, which is only shown in this response; it is used like a JWT */
      token: string;
      /**
       * Format: uuid
       * @description Who does what is done with the key
       */
      userId: string;
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
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
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
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'project.updated';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    ProjectsAnalyticsQuery: {
      /**
       * @description The number of UTC days, including today; a year has 365
       * @default 30d
       * @enum {string}
       */
      period?: '7d' | '30d' | '90d' | '1y';
    };
    ProjectsDeleteQuery: {
      /**
       * @description Whether to remove the project for good
       * @enum {string}
       */
      permanent?: 'true' | 'false';
    };
    ProjectsExportQuery: {
      /**
       * @description `json` is complete and can be imported again; `csv` has a row, and `markdown` a section for each task
       * @default json
       * @enum {string}
       */
      format?: 'json' | 'csv' | 'markdown';
      /**
       * @description Whether `json` has the content of attached files, too, in base64
       * @enum {string}
       */
      files?: 'true' | 'false';
    };
    ProjectsImportFindingsQuery: {
      /**
       * @description Whether to answer only what would be done, with all faults of the file
       * @enum {string}
       */
      dryRun?: 'true' | 'false';
      /**
       * @description Whether to complete the tasks of earlier findings that the file does not have any more
       * @enum {string}
       */
      completeMissing?: 'true' | 'false';
    };
    ProjectsImportQuery: {
      /**
       * @description `millrace` is the JSON of an export, `github` what `gh issue list --json` prints, `csv` has a header with our field names
       * @default millrace
       * @enum {string}
       */
      format?: 'millrace' | 'github' | 'csv';
      /**
       * @description Whether to answer only what would be done, with all faults of the file
       * @enum {string}
       */
      dryRun?: 'true' | 'false';
    };
    ProjectsListDocsQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    ProjectsListKeysQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    ProjectsListMemoryQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /** @description Notes with this tag */
      tag?: string;
      /** @description Words, "exact phrases", prefix*, AND, OR, NOT, -word, parentheses, tag:name */
      search?: string;
    };
    ProjectsListProjectAttachmentsQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    ProjectsListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
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
       * @description Projects that this user has created
       */
      createdBy?: string;
      /** @description Words in the name or the description */
      search?: string;
      /**
       * @description The sort key
       * @default created_at
       * @enum {string}
       */
      sort?: 'name' | 'created_at' | 'updated_at';
    };
    ProjectsListSchedulesQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    ProjectsListTasksQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /** @description One status or word of a board, or several separated by commas: pending, queued, running, completed, failed, cancelled, backlogged, planned, progressed */
      status?: string | string[];
      /** @description One type, or several separated by commas */
      type?: string | string[];
      /** @description Tasks of this user, `me` for your own, or `none` for those that nobody has */
      assignedTo?: ('me' | 'none') | string;
      /** @description Tasks that this user has created */
      createdBy?: 'me' | string;
      /**
       * Format: uuid
       * @description Tasks that are a part of this one
       */
      parentId?: string;
      /**
       * @description Tasks that have a blocker, or that have none
       * @enum {string}
       */
      blocked?: 'true' | 'false';
      /** @description Tasks at least this urgent */
      priority?: number;
      /**
       * @description Tasks with a priority of this name
       * @enum {string}
       */
      priorityName?: 'urgent' | 'high' | 'medium' | 'low' | 'none';
      /**
       * Format: date-time
       * @description Tasks that are due before this time
       */
      dueBefore?: string;
      /**
       * Format: date-time
       * @description Tasks that are due at this time or later
       */
      dueAfter?: string;
      /**
       * @description Tasks that are past their due date and neither completed nor cancelled, or all others
       * @enum {string}
       */
      overdue?: 'true' | 'false';
      /**
       * @description Without what may be long: `description`, `result` and `metadata` are empty
       * @enum {string}
       */
      brief?: 'true' | 'false';
      /**
       * @description Archived tasks, too
       * @enum {string}
       */
      includeArchived?: 'true' | 'false';
      /**
       * @description Drafts, too
       * @enum {string}
       */
      includeDrafts?: 'true' | 'false';
      /** @description Tasks with all of these tags, separated by commas */
      tags?: string | string[];
      /** @description Words, "exact phrases", prefix*, AND, OR, NOT, -word, parentheses, title:word, description:word, comment:word, tag:name, title:(a OR b); a word is found inside file names, paths, versions and identifiers, too */
      search?: string;
      /**
       * Format: date-time
       * @description Tasks created after this time
       */
      createdAfter?: string;
      /**
       * Format: date-time
       * @description Tasks created before this time
       */
      createdBefore?: string;
      /**
       * @description The sort key. A task without a due date counts as due at the end of time: last in ascending order
       * @default created_at
       * @enum {string}
       */
      sort?: 'created_at' | 'updated_at' | 'priority' | 'title' | 'due_at' | 'number';
    };
    ProjectsListTriggersQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    ProjectsSyncQuery: {
      /**
       * @description Whether to answer only what would be done, with all faults of the file
       * @enum {string}
       */
      dryRun?: 'true' | 'false';
      /**
       * @description Whether to archive the tasks of the manifest's `source` that it does not name
       * @enum {string}
       */
      prune?: 'true' | 'false';
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
      /** @description The number of tasks that were not cancelled in time; repeat the request while it is above 0 */
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
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
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
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
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
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
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
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
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
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
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
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
            runTime: {
              p50: number | null;
              p95: number | null;
            };
            /** @description Seconds; null when nothing started or ended. Off by 2 % at most, since they are read from a histogram; exact where all times are equal */
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
        /** @description In the current hour and the 23 before it */
        averageProcessingTime: string | null;
        /** @description Completed ÷ (completed + failed) runs of the same hours */
        successRate: number | null;
        /** @description The average of the last ten minutes */
        tasksPerMinute: number;
      };
      queues: {
        highPriority: {
          /** @description The number since midnight UTC */
          completedToday: number;
          pauseReason: string | null;
          paused: boolean;
          processing: number;
          size: number;
        };
        lowPriority: {
          /** @description The number since midnight UTC */
          completedToday: number;
          pauseReason: string | null;
          paused: boolean;
          processing: number;
          size: number;
        };
        normalPriority: {
          /** @description The number since midnight UTC */
          completedToday: number;
          pauseReason: string | null;
          paused: boolean;
          processing: number;
          size: number;
        };
      };
      /** @description The slots of all worker processes; those of drained ones are not idle */
      workers: {
        active: number;
        idle: number;
        total: number;
      };
    };
    QueuedTask: {
      /** @description Estimated from recent runs; null without any */
      estimatedStartTime: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description Position in the queue; null when it has started */
      queuePosition: number | null;
      /** @enum {string} */
      status: 'queued';
      /** Format: uuid */
      taskId: string;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
    };
    QueuesMetricsQuery: {
      /**
       * @description The length of the period
       * @default 24h
       * @enum {string}
       */
      period?: '1h' | '6h' | '24h' | '7d' | '30d';
    };
    Readiness: {
      /** @description The reasons why this process is not ready; empty when it is */
      reasons: ('draining' | 'database' | 'migrations' | 'redis' | 'bus' | 'launcher')[];
      /** @enum {string} */
      status: 'ready' | 'not_ready';
      /** Format: date-time */
      timestamp: string;
    };
    Refresh: {
      /** @description The refresh token of the login; without it, the bearer token is renewed */
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
    ReleaseClaim: {
      /** @description Kept in the history of the task */
      note?: string;
      /** @description The token of the claim */
      token: string;
    };
    RenewedClaim: {
      /** Format: uuid */
      claimId: string;
      /** Format: date-time */
      expiresAt: string;
    };
    ReplayWebhook: {
      /** @description The events to send again; all by default */
      events?: (
        | 'task.created'
        | 'task.updated'
        | 'task.completed'
        | 'task.failed'
        | 'task.archived'
        | 'task.restored'
        | 'task.commented'
        | 'claim.lost'
        | 'schedule.fired'
        | 'schedule.skipped'
        | 'schedule.disabled'
        | 'project.created'
        | 'project.updated'
        | 'system.maintenance'
        | 'system.alert'
        | 'worker.lost'
      )[];
      /** Format: date-time */
      from: string;
      /**
       * @description Whether to send only delivered or only failed ones again
       * @enum {string}
       */
      status?: 'delivered' | 'failed';
      /**
       * Format: date-time
       * @description The exclusive end of the time window; now by default
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
       * @description A time between the creation of the session and now
       */
      restorePoint: string;
    };
    RestoredSession: {
      /** Format: date-time */
      createdAt: string;
      /**
       * Format: date-time
       * @description When the session expires: 2 hours after the last access
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
      /** @description Tasks that the session has changed since then and that were not restored */
      left: {
        /** @enum {string} */
        reason: 'queued' | 'running' | 'deleted' | 'access_denied';
        ref: string;
        /** Format: uuid */
        taskId: string;
      }[];
      restored: {
        /** @description The restored fields */
        fields: string[];
        /** @description What had changed, but is not restored: dependencies, a position in a queue, an assignee who is disabled or cannot see the project, the project, comments, checklist, plans and attachments */
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
      /** @description Estimated from recent runs; null without any */
      estimatedStartTime: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description Position in the queue; null when it has started */
      queuePosition: number | null;
      retryAttempt: number;
      /** @enum {string} */
      status: 'queued';
      /** Format: uuid */
      taskId: string;
      whyWaiting:
        | (
            | 'worker_busy'
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
    };
    RetryTask: {
      /**
       * @description Values that replace all those of the last run, which are taken again otherwise
       * @example {
       *       "environment": "staging",
       *       "retries": 3
       *     }
       */
      inputs?: {
        [key: string]: string | number | boolean;
      };
    };
    RotateWebhookSecret: {
      /** @description The secret that signs messages; generated when absent */
      secret?: string;
    };
    RunEnd: {
      attempt: number;
      /** @description The error when the run failed for another reason than the command; at most 1,000 characters */
      error: string | null;
      /** Format: uuid */
      executionId: string;
      /** @description The exit code; -N after signal N */
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
      /** @description The size of the largest file that a process may write */
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
      /** @description The maximum size of the stored output */
      outputSize?: string;
      /** @description The number of concurrent processes and threads; only enforced by workers that isolate runs */
      processes?: number;
    };
    RunningCommands: {
      commands: {
        command: string;
        /** Format: uuid */
        commandId: string;
        /** @description True when `command` is cut to the 1024 characters that a list shows */
        commandTruncated: boolean;
        /** @description Seconds with one decimal */
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
    Schedule: {
      /** @enum {string} */
      catchUp: 'latest' | 'none' | 'all';
      concurrency: components['schemas']['Concurrency'] | null;
      consecutiveFailures: number;
      /** Format: date-time */
      createdAt: string;
      /**
       * Format: uuid
       * @description The user with whose rights it runs
       */
      createdBy: string;
      cron: string | null;
      description: string;
      disableAfterFailures: number | null;
      /** @description When Millrace switched it off */
      disabledAt: string | null;
      disabledReason: string | null;
      enabled: boolean;
      endsAt: string | null;
      every: string | null;
      /** Format: uuid */
      id: string;
      inputs: {
        [key: string]: string | number | boolean;
      };
      jitterSeconds: number;
      lastRun: components['schemas']['ScheduleRun'] | null;
      name: string;
      /** @description Its next five times, without their jitter */
      nextRuns: string[];
      /** @enum {string} */
      overlap: 'skip' | 'queue' | 'replace' | 'allow';
      /** @enum {string} */
      priority: 'high' | 'normal' | 'low';
      /** Format: uuid */
      projectId: string;
      startsAt: string | null;
      taskId: string | null;
      template: {
        [key: string]: unknown;
      } | null;
      timezone: string | null;
      /** Format: date-time */
      updatedAt: string;
      version: number;
    };
    ScheduleDisabledMessage: {
      data: {
        consecutiveFailures: number;
        name: string;
        /** Format: uuid */
        projectId: string;
        reason: string;
        /** Format: uuid */
        scheduleId: string;
      };
      /**
       * Format: uuid
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'schedule.disabled';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    ScheduleFiredMessage: {
      data: {
        /** Format: uuid */
        executionId: string;
        manual: boolean;
        name: string;
        /** Format: uuid */
        projectId: string;
        /** Format: uuid */
        scheduleId: string;
        /** Format: date-time */
        scheduledFor: string;
        /** Format: uuid */
        taskId: string;
      };
      /**
       * Format: uuid
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'schedule.fired';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    ScheduleOccurrence: {
      /** Format: date-time */
      decidedAt: string;
      /** @description The first attempt of its run */
      executionId: string | null;
      /** @description Whether somebody has started it */
      manual: boolean;
      /** @description Why it did not fire, mostly as an error code */
      reason: string | null;
      /** Format: date-time */
      scheduledFor: string;
      /**
       * @description `waiting` runs when the run before it has ended; `missed` was the time of a downtime
       * @enum {string}
       */
      status: 'fired' | 'skipped' | 'missed' | 'waiting';
      taskId: string | null;
    };
    ScheduleOccurrences: {
      /** @description The `cursor` of the next page; null on the last page */
      nextCursor: string | null;
      occurrences: components['schemas']['ScheduleOccurrence'][];
      /** Format: uuid */
      scheduleId: string;
    };
    SchedulePage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['Schedule'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    ScheduleRun: {
      /** Format: uuid */
      executionId: string;
      finishedAt: string | null;
      /** Format: date-time */
      scheduledFor: string;
      /** @description Null when the run is not stored any more */
      status: ('queued' | 'running' | 'completed' | 'failed' | 'cancelled') | null;
      /** Format: uuid */
      taskId: string;
    };
    ScheduleSkippedMessage: {
      data: {
        name: string;
        /** Format: uuid */
        projectId: string;
        /** @description Mostly an error code */
        reason: string;
        /** Format: uuid */
        scheduleId: string;
        /** Format: date-time */
        scheduledFor: string;
      };
      /**
       * Format: uuid
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'schedule.skipped';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    ScheduleTimes: {
      /** @description The next times, less than asked for where there are no more */
      times: string[];
    };
    SchedulesOccurrencesQuery: {
      /** @description The maximum number of entries */
      limit?: number;
      /**
       * @description Occurrences in this state
       * @enum {string}
       */
      status?: 'fired' | 'skipped' | 'missed' | 'waiting';
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
    };
    Session: {
      /** Format: date-time */
      createdAt: string;
      /**
       * Format: date-time
       * @description When the session expires: 2 hours after the last access
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
      /** @description The requested command with its state */
      command: {
        command: string;
        /** @description True when `command` is cut to the 1024 characters that a list shows */
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
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      /** Format: uuid */
      sessionId: string;
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    SessionPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      sessions: components['schemas']['SessionSummary'][];
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    SessionSummary: {
      /** Format: date-time */
      createdAt: string;
      /**
       * Format: date-time
       * @description When the session expires: 2 hours after the last access
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
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
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
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /**
       * @description The status; by default active and expired ones
       * @enum {string}
       */
      status?: 'active' | 'expired' | 'ended';
      /** @description The id of a project, or its key */
      projectId?: string;
      /**
       * Format: uuid
       * @description The user whose sessions are listed; for administrators only
       */
      userId?: string;
    };
    /** @description At most `limit` runs of a group are under way at a time, over all workers */
    SetConcurrency: {
      /** @description The name of the group. `{{project}}` stands for the key of the project and makes the group its own; without it a group is one for the whole installation. `{{input.NAME}}` stands for an input */
      group: string;
      /**
       * @description How many runs of the group may be under way when one of this task starts
       * @default 1
       */
      limit?: number;
      /**
       * @description What happens while the group is full: `queue` waits, `skip` refuses the run, `cancel_running` cancels the older runs of the group in the same project, waiting ones included
       * @default queue
       * @enum {string}
       */
      onConflict?: 'queue' | 'skip' | 'cancel_running';
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
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
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
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'system.alert';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
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
        /** @description The default for a project, which it can change */
        maxConcurrentTasks: number;
        /** @description The maximum size of a request body */
        maxFileSize: string;
        /** @description The default, which a project can change */
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
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'system.maintenance';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    Task: {
      actualDuration: string | null;
      archivedAt: string | null;
      artifacts: string[];
      assignedTo: string | null;
      blocker: string | null;
      checklist: {
        done: number;
        total: number;
      };
      command: string | null;
      completedAt: string | null;
      concurrency: components['schemas']['Concurrency'] | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      dueAt: string | null;
      environment: {
        [key: string]: string;
      };
      estimatedDuration: string | null;
      /** @description The current or last execution */
      executionId: string | null;
      externalRef: string | null;
      finalExitCodes: number[];
      /** Format: uuid */
      id: string;
      /** @description The inputs that each run of the task takes */
      inputs: components['schemas']['TaskInput'][];
      isDraft: boolean;
      /** @description The result of the current or last execution */
      lastRun: components['schemas']['LastRun'] | null;
      limits: components['schemas']['RunLimits'];
      metadata: {
        [key: string]: unknown;
      };
      parentId: string | null;
      priority: number;
      /** @enum {string} */
      priorityName: 'urgent' | 'high' | 'medium' | 'low' | 'none';
      progressPercentage: number;
      /** Format: uuid */
      projectId: string;
      projectPath: string | null;
      ref: string;
      result: string | null;
      retryAttempts: number;
      runsOn: string[] | null;
      shell: string | null;
      source: string | null;
      startedAt: string | null;
      /** @enum {string} */
      status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      tags: string[];
      timeout: number | null;
      title: string;
      /** @enum {string} */
      type:
        | 'task'
        | 'bug'
        | 'issue'
        | 'improvement'
        | 'feature'
        | 'vulnerability'
        | 'chore'
        | 'spike'
        | 'bucket-list';
      /** Format: date-time */
      updatedAt: string;
      version: number;
      /** @description The reason why a queued task has not started yet */
      whyWaiting:
        | (
            | 'worker_busy'
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      /**
       * @description The word of a board for the status: a failed task is progressed, a queued one planned
       * @enum {string}
       */
      workflowStatus: 'backlogged' | 'planned' | 'progressed' | 'completed' | 'cancelled';
      workingDirectory: string | null;
    };
    TaskArchivedMessage: {
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
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'task.archived';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    TaskClaim: {
      /** Format: uuid */
      claimId: string;
      /**
       * Format: date-time
       * @description When the task is open again unless the claim is renewed
       */
      expiresAt: string;
      /** Format: uuid */
      userId: string;
      username: string;
    };
    TaskCommentedMessage: {
      data: {
        /** Format: uuid */
        authorId: string;
        body: string;
        /** Format: uuid */
        commentId: string;
        /** Format: uuid */
        projectId: string;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** Format: uuid */
        taskId: string;
        title: string;
      };
      /**
       * Format: uuid
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'task.commented';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
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
        /** @description The reason as a code such as TASK_TIMEOUT */
        reason?: string | null;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** Format: uuid */
        taskId: string;
        title: string;
      };
      /**
       * Format: uuid
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'task.completed';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
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
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'task.created';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    TaskDependencies: {
      /** @description What it waits for */
      blockedBy: {
        /** Format: uuid */
        id: string;
        /** Format: uuid */
        projectId: string;
        ref: string;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        title: string;
      }[];
      /** @description What waits for it; at most a thousand */
      blocks: {
        /** Format: uuid */
        id: string;
        /** Format: uuid */
        projectId: string;
        ref: string;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        title: string;
      }[];
      /** Format: uuid */
      taskId: string;
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
      archivedAt: string | null;
      artifacts: string[];
      assignedTo: string | null;
      blocker: string | null;
      checklist: {
        done: number;
        total: number;
      };
      /** @description The first hundred tasks that are a part of this one; `?parent_id=` lists all */
      children: {
        /** Format: uuid */
        id: string;
        ref: string;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        title: string;
      }[];
      /** @description Who works on it at the moment */
      claim: components['schemas']['TaskClaim'] | null;
      command: string | null;
      completedAt: string | null;
      concurrency: components['schemas']['Concurrency'] | null;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      dependencies: components['schemas']['TaskDependency'][];
      description: string;
      dueAt: string | null;
      environment: {
        [key: string]: string;
      };
      estimatedDuration: string | null;
      /** @description The current or last execution */
      executionId: string | null;
      externalRef: string | null;
      finalExitCodes: number[];
      /** @description The refs it had in other projects, which still name it */
      formerRefs: string[];
      history: {
        action: string;
        newValue: unknown;
        oldValue: unknown;
        /** @description The result of the run that changed the status */
        run: components['schemas']['RunEnd'] | null;
        /** Format: date-time */
        timestamp: string;
        userId: string | null;
      }[];
      /** Format: uuid */
      id: string;
      /** @description The inputs that each run of the task takes */
      inputs: components['schemas']['TaskInput'][];
      isDraft: boolean;
      /** @description The result of the current or last execution */
      lastRun: components['schemas']['LastRun'] | null;
      limits: components['schemas']['RunLimits'];
      metadata: {
        [key: string]: unknown;
      };
      parentId: string | null;
      priority: number;
      /** @enum {string} */
      priorityName: 'urgent' | 'high' | 'medium' | 'low' | 'none';
      progressPercentage: number;
      /** Format: uuid */
      projectId: string;
      projectPath: string | null;
      ref: string;
      result: string | null;
      retryAttempts: number;
      runsOn: string[] | null;
      shell: string | null;
      source: string | null;
      startedAt: string | null;
      /** @enum {string} */
      status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      tags: string[];
      timeout: number | null;
      title: string;
      /** @enum {string} */
      type:
        | 'task'
        | 'bug'
        | 'issue'
        | 'improvement'
        | 'feature'
        | 'vulnerability'
        | 'chore'
        | 'spike'
        | 'bucket-list';
      /** Format: date-time */
      updatedAt: string;
      version: number;
      /** @description The reason why a queued task has not started yet */
      whyWaiting:
        | (
            | 'worker_busy'
            | 'no_matching_worker'
            | 'maintenance'
            | 'queue_paused'
            | 'retry_backoff'
            | 'dependencies'
            | 'concurrency_group'
            | 'project_limit'
            | 'user_limit'
          )
        | null;
      /**
       * @description The word of a board for the status: a failed task is progressed, a queued one planned
       * @enum {string}
       */
      workflowStatus: 'backlogged' | 'planned' | 'progressed' | 'completed' | 'cancelled';
      workingDirectory: string | null;
    };
    TaskExecutions: {
      executions: components['schemas']['ListedExecution'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description The reason as a code such as TASK_TIMEOUT */
        reason?: string | null;
        /** @enum {string} */
        status: 'pending' | 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        /** Format: uuid */
        taskId: string;
        title: string;
      };
      /**
       * Format: uuid
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'task.failed';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
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
      /** @description The `cursor` of earlier entries; null at the beginning */
      nextCursor: string | null;
      /** Format: uuid */
      taskId: string;
    };
    TaskInput: {
      choices: string[] | null;
      default: string | number | boolean | null;
      description: string;
      name: string;
      pattern: string | null;
      required: boolean;
      /** @enum {string} */
      type: 'string' | 'number' | 'boolean' | 'choice' | 'secret';
    };
    TaskPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['ListedTask'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    TaskRestoredMessage: {
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
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'task.restored';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
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
        /**
         * @description Whether it has come from another project
         * @constant
         */
        moved?: true;
        /**
         * @description Whether it has gone to another project
         * @constant
         */
        movedAway?: true;
        /** Format: uuid */
        projectId: string;
        /** @description The reason as a code such as TASK_TIMEOUT */
        reason?: string | null;
        /** @description Of a task that was moved */
        ref?: string;
        /**
         * @description Whether the change restored an earlier state of a session
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
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'task.updated';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    TasksDeleteQuery: {
      /**
       * @description Whether to remove the task for good
       * @enum {string}
       */
      permanent?: 'true' | 'false';
    };
    TasksHistoryQuery: {
      /** @description The maximum number of entries */
      limit?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
    };
    TasksListAttachmentsQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    TasksListCommentsQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    TasksListExecutionsQuery: {
      /** @description The maximum number of items */
      limit?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
    };
    TasksListPlansQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    TasksListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /** @description The id of a project, or its key */
      projectId?: string;
      /** @description One status or word of a board, or several separated by commas: pending, queued, running, completed, failed, cancelled, backlogged, planned, progressed */
      status?: string | string[];
      /** @description One type, or several separated by commas */
      type?: string | string[];
      /** @description Tasks of this user, `me` for your own, or `none` for those that nobody has */
      assignedTo?: ('me' | 'none') | string;
      /** @description Tasks that this user has created */
      createdBy?: 'me' | string;
      /**
       * Format: uuid
       * @description Tasks that are a part of this one
       */
      parentId?: string;
      /**
       * @description Tasks that have a blocker, or that have none
       * @enum {string}
       */
      blocked?: 'true' | 'false';
      /** @description Tasks at least this urgent */
      priority?: number;
      /**
       * @description Tasks with a priority of this name
       * @enum {string}
       */
      priorityName?: 'urgent' | 'high' | 'medium' | 'low' | 'none';
      /**
       * Format: date-time
       * @description Tasks that are due before this time
       */
      dueBefore?: string;
      /**
       * Format: date-time
       * @description Tasks that are due at this time or later
       */
      dueAfter?: string;
      /**
       * @description Tasks that are past their due date and neither completed nor cancelled, or all others
       * @enum {string}
       */
      overdue?: 'true' | 'false';
      /**
       * @description Without what may be long: `description`, `result` and `metadata` are empty
       * @enum {string}
       */
      brief?: 'true' | 'false';
      /**
       * @description Archived tasks, too
       * @enum {string}
       */
      includeArchived?: 'true' | 'false';
      /**
       * @description Drafts, too
       * @enum {string}
       */
      includeDrafts?: 'true' | 'false';
      /** @description Tasks with all of these tags, separated by commas */
      tags?: string | string[];
      /** @description Words, "exact phrases", prefix*, AND, OR, NOT, -word, parentheses, title:word, description:word, comment:word, tag:name, title:(a OR b); a word is found inside file names, paths, versions and identifiers, too */
      search?: string;
      /**
       * Format: date-time
       * @description Tasks created after this time
       */
      createdAfter?: string;
      /**
       * Format: date-time
       * @description Tasks created before this time
       */
      createdBefore?: string;
      /**
       * @description The sort key. A task without a due date counts as due at the end of time: last in ascending order
       * @default created_at
       * @enum {string}
       */
      sort?: 'created_at' | 'updated_at' | 'priority' | 'title' | 'due_at' | 'number';
    };
    TasksOutputQuery: {
      /** @description The first byte, in the output of both streams */
      fromOffset?: number;
      /** @description The maximum number of bytes of the output of both streams */
      limit?: number;
      /** @description The number of last lines */
      tail?: number;
      /**
       * @description One stream only
       * @enum {string}
       */
      stream?: 'stdout' | 'stderr';
      /**
       * @description `strip` removes colours and other terminal control sequences
       * @default keep
       * @enum {string}
       */
      ansi?: 'keep' | 'strip';
      /** @description true to follow the output until the command ends */
      follow?: string | string[];
      /**
       * @description true to let browsers save it as a file
       * @default false
       * @enum {string}
       */
      download?: 'true' | 'false';
    };
    TasksSearchOutputQuery: {
      /** @description The text to search for; not a regular expression */
      q: string;
      /**
       * @description true to ignore the case of A to Z
       * @default false
       * @enum {string}
       */
      ignoreCase?: 'true' | 'false';
      /** @description The number of lines before and after each match */
      context?: number;
      /** @description The maximum number of matching lines; a response also ends after 4 MiB of text */
      limit?: number;
      /**
       * @description One stream only; lines are counted in it
       * @enum {string}
       */
      stream?: 'stdout' | 'stderr';
      /**
       * @description `strip` removes colours and other terminal control sequences
       * @default keep
       * @enum {string}
       */
      ansi?: 'keep' | 'strip';
      /**
       * @description The `next_cursor` of the previous response
       * @default 0.1
       */
      cursor?: string;
    };
    /**
     * @description A scope of a token
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
    Trigger: {
      /** Format: date-time */
      createdAt: string;
      /**
       * Format: uuid
       * @description In whose name it runs the task
       */
      createdBy: string;
      description: string;
      enabled: boolean;
      filter: {
        /** @description Names of branches: of a push, or of that into which a pull or merge request would be merged */
        branches?: string[];
        /** @description Names of events, in the header X-GitHub-Event or X-Gitlab-Event, or in the fields object_kind, type or event */
        events?: string[];
        /** @description Values that the message must have, by JSON pointer */
        match?: {
          [key: string]: string | number | boolean | null;
        };
      };
      /** @description Whether messages must be signed */
      hasSecret: boolean;
      /** Format: uuid */
      id: string;
      inputsFrom: {
        [key: string]: string;
      };
      name: string;
      /** @description The path of its URL, with its token; null for who may not run tasks in the project */
      path: string | null;
      /** @enum {string} */
      priority: 'high' | 'normal' | 'low';
      /** Format: uuid */
      projectId: string;
      /** Format: uuid */
      taskId: string;
      /** Format: date-time */
      updatedAt: string;
      version: number;
    };
    TriggerAnswer: {
      /**
       * Format: uuid
       * @description The entry of the log of deliveries
       */
      delivery: string;
      executionId: string | null;
      message: string | null;
      /** @description The code of the reason why nothing was run */
      reason: string | null;
      /** @enum {string} */
      status: 'fired' | 'skipped';
      /** Format: uuid */
      taskId: string;
    };
    TriggerDelivery: {
      /** @description The id that its sender gave it */
      deliveryId: string | null;
      event: string | null;
      executionId: string | null;
      /** Format: uuid */
      id: string;
      /** @description The reason in words */
      message: string | null;
      /** @enum {string} */
      outcome: 'fired' | 'skipped' | 'refused';
      /** @description The code of the reason why nothing was run */
      reason: string | null;
      /** Format: date-time */
      receivedAt: string;
      /** @description Bytes of the body */
      size: number;
      /** Format: uuid */
      triggerId: string;
    };
    TriggerDeliveryPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['TriggerDelivery'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    TriggerPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['Trigger'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    TriggersDeleteResult: {
      message: string;
    };
    TriggersListDeliveriesQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
    };
    UpdateAgent: {
      /** @description What it is for */
      description?: string;
      /** @description false brings back an agent that was deleted */
      disabled?: boolean;
      name?: string;
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateChecklistItem: {
      done?: boolean;
      /** @description Its place from 0; the others move. One beyond the end means the end */
      position?: number;
      text?: string;
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateComment: {
      /** @description Markdown; `@username` mentions a user */
      body: string;
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateDocument: {
      /** @description Markdown, kept as it is sent */
      body?: string;
      /** @description What the change is about */
      changeNote?: string | null;
      tags?: string[];
      title?: string;
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateLabel: {
      archived?: boolean;
      color?: string | null;
      description?: string;
      /** @description Compared without regard to case */
      name?: string;
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    /**
     * @description Merged into the current preferences, including notifications and dashboard_layout
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
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateProject: {
      description?: string;
      name?: string;
      resourceLimits?: {
        /** @description The limits of runs that request none */
        defaultRunLimits?: components['schemas']['RunLimits'];
        maxConcurrentTasks?: number;
        /** @description The maximum that a run may request; also applies to runs that request none */
        maxRunLimits?: components['schemas']['RunLimits'];
        maxTasks?: number;
        storageLimit?: string;
      };
      /** @description Merged into the current settings */
      settings?: {
        [key: string]: unknown;
      };
      /** @enum {string} */
      status?: 'active' | 'archived' | 'completed';
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
      /** @enum {string} */
      visibility?: 'private' | 'internal';
    };
    UpdateSchedule: {
      /**
       * @description Which times of a downtime are made up for: the `latest`, `none`, or `all` one after the other, at most the latest 100
       * @enum {string}
       */
      catchUp?: 'latest' | 'none' | 'all';
      /** @description The concurrency group of its runs; null for that of the task */
      concurrency?: components['schemas']['SetConcurrency'] | null;
      /** @description Five fields (minute, hour, day of the month, month, day of the week) or six, with seconds first; names, ranges, steps, L, W and #; or @hourly, @daily, @weekly, @monthly, @yearly */
      cron?: string | null;
      description?: string;
      /** @description After how many failed runs in a row it is switched off */
      disableAfterFailures?: number | null;
      enabled?: boolean;
      /** @description It has no time after this one */
      endsAt?: string | null;
      /** @description Instead of `cron`: a duration, counted from `starts_at` */
      every?: string | null;
      /**
       * @description The inputs of each run, by name; that of a secret shows as ***, which leaves it as it is when it is sent back
       * @example {
       *       "environment": "staging",
       *       "retries": 3
       *     }
       */
      inputs?: {
        [key: string]: string | number | boolean;
      };
      /** @description Each run is delayed by up to so many seconds, at most until the next time, always alike for the same time */
      jitterSeconds?: number;
      name?: string;
      /**
       * @description What happens at a time while its last run goes on: `skip` it, `queue` one run behind it, `replace` it (it is cancelled first), or `allow` both, which only a schedule with a template may
       * @enum {string}
       */
      overlap?: 'skip' | 'queue' | 'replace' | 'allow';
      /** @enum {string} */
      priority?: 'high' | 'normal' | 'low';
      /** @description It has no time before this one */
      startsAt?: string | null;
      /** @description The task of the project that it runs: its id or ref */
      taskId?: string | null;
      template?: {
        [key: string]: unknown;
      } | null;
      /** @description A time zone of IANA; null for that of the project, which is UTC unless its settings say another */
      timezone?: string | null;
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateSession: {
      /** @description Merged into the current settings */
      settings: {
        [key: string]: unknown;
      };
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateTask: {
      /** @description Which files of the workspace are kept after a run that has made or changed them: globs with `*`, `?`, `[…]`, `{a,b}` and `**`, or the names of files and folders */
      artifacts?: string[];
      /** @description A user who can see the project. A user who later loses access to it keeps the task until it is reassigned */
      assignedTo?: string | null;
      /** @description Why the work cannot go on; null when nothing blocks it */
      blocker?: string | null;
      command?: string | null;
      concurrency?: components['schemas']['SetConcurrency'] | null;
      /** @description Tasks of the same project that must be completed before this one runs */
      dependencies?: string[];
      description?: string;
      /** @description When it is to be done by: a time, or a date, which means the end of that day in UTC */
      dueAt?: string | null;
      /** @description Environment variables of the command */
      environment?: {
        [key: string]: string;
      };
      estimatedDuration?: string | null;
      /** @description Its name elsewhere; unique in the project */
      externalRef?: string | null;
      /** @description Exit codes after which there is no further attempt */
      finalExitCodes?: number[];
      /** @description The inputs that each run of the task takes */
      inputs?: {
        /** @description The values of a choice, and only of that */
        choices?: string[] | null;
        /**
         * @description The value of a run that gives none
         * @default null
         */
        default?: string | number | boolean | null;
        /** @default  */
        description?: string;
        /** @description The command finds the value in `INPUT_` and the name in upper case */
        name: string;
        /**
         * @description A regular expression of RE2 that matches the whole of a string or secret
         * @default null
         */
        pattern?: string | null;
        /** @default false */
        required?: boolean;
        /**
         * @default string
         * @enum {string}
         */
        type?: 'string' | 'number' | 'boolean' | 'choice' | 'secret';
      }[];
      limits?: components['schemas']['RunLimits'];
      metadata?: {
        [key: string]: unknown;
      };
      /** @description The task of the same project that this one is a part of: its id or ref */
      parentId?: string | null;
      /** @description 1 is the most urgent; urgent, high, medium, low and none stand for 1, 3, 5, 7 and 9 */
      priority?: number | ('urgent' | 'high' | 'medium' | 'low' | 'none');
      progressPercentage?: number;
      /** @description The path within the project's repository that it is about */
      projectPath?: string | null;
      /** @description What the work came to */
      result?: string | null;
      /** @description The number of further attempts after a failed one */
      retryAttempts?: number;
      /** @description The labels that a worker must have to run it; null for the project's, [] for any worker */
      runsOn?: string[] | null;
      shell?: string | null;
      /** @description Where the task comes from, such as the name of a tool */
      source?: string | null;
      /**
       * @description A status, or a word of a board: backlogged and planned are pending, progressed is running. A word that the task already shows changes nothing
       * @enum {string}
       */
      status?:
        | 'pending'
        | 'running'
        | 'completed'
        | 'failed'
        | 'cancelled'
        | 'backlogged'
        | 'planned'
        | 'progressed';
      tags?: string[];
      timeout?: number | null;
      title?: string;
      /**
       * @description What kind of work it is
       * @enum {string}
       */
      type?:
        | 'task'
        | 'bug'
        | 'issue'
        | 'improvement'
        | 'feature'
        | 'vulnerability'
        | 'chore'
        | 'spike'
        | 'bucket-list';
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
      workingDirectory?: string | null;
    };
    UpdateTrigger: {
      description?: string;
      enabled?: boolean;
      /** @description Which messages run the task; others are answered with `skipped` */
      filter?: {
        /** @description Names of branches: of a push, or of that into which a pull or merge request would be merged */
        branches?: string[];
        /** @description Names of events, in the header X-GitHub-Event or X-Gitlab-Event, or in the fields object_kind, type or event */
        events?: string[];
        /** @description Values that the message must have, by JSON pointer */
        match?: {
          [key: string]: string | number | boolean | null;
        };
      };
      /**
       * @description JSON pointers into the message, by the name of the input of the task that gets the value
       * @example {
       *       "commit": "/after"
       *     }
       */
      inputsFrom?: {
        [key: string]: string;
      };
      name?: string;
      /** @enum {string} */
      priority?: 'high' | 'normal' | 'low';
      /** @description The secret with which messages must be signed; null to take unsigned ones. Never shown again */
      secret?: string | null;
      /** @description The task of this project that it runs: its id or ref */
      taskId?: string;
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateUser: {
      avatarUrl?: string | null;
      disabled?: boolean;
      /** Format: email */
      email?: string;
      fullName?: string | null;
      /** @description The number of concurrent runs of the user; null for the default of the server */
      maxRunning?: number | null;
      password?: string;
      /** @enum {string} */
      role?: 'viewer' | 'developer' | 'admin';
      /** @enum {string} */
      tier?: 'standard' | 'premium';
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateWebhook: {
      active?: boolean;
      description?: string;
      /** @description Exact names of events, patterns such as `task.*`, or `*`. System events are only sent to webhooks without a project, and a webhook of a project only receives events of that project */
      events?: (
        | 'task.created'
        | 'task.updated'
        | 'task.completed'
        | 'task.failed'
        | 'task.archived'
        | 'task.restored'
        | 'task.commented'
        | 'claim.lost'
        | 'schedule.fired'
        | 'schedule.skipped'
        | 'schedule.disabled'
        | 'project.created'
        | 'project.updated'
        | 'system.maintenance'
        | 'system.alert'
        | 'worker.lost'
        | 'task.*'
        | 'schedule.*'
        | 'project.*'
        | 'system.*'
        | '*'
      )[];
      /** Format: uri */
      url?: string;
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    UpdateWorkspace: {
      description?: string;
      name?: string;
      /** @description Merged into the current settings */
      settings?: {
        [key: string]: unknown;
      };
      slug?: string;
      /** @description The version that you have read; a stale one is refused with VERSION_CONFLICT */
      version?: number;
    };
    User: {
      avatarUrl: string | null;
      /** Format: date-time */
      createdAt: string;
      disabled: boolean;
      /** @description Null for an agent */
      email: string | null;
      fullName: string | null;
      /** Format: uuid */
      id: string;
      /**
       * @description An agent has keys instead of a password; `key` is what a key of a project acts as
       * @enum {string}
       */
      kind: 'person' | 'agent' | 'key';
      lastLogin: string | null;
      /** @description The limit of the user; null for the default of the server */
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
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    UsersListQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
      cursor?: string;
      /**
       * @description Sort order
       * @default desc
       * @enum {string}
       */
      order?: 'asc' | 'desc';
      /**
       * @description Only users of this kind; people and agents unless it is given
       * @enum {string}
       */
      kind?: 'person' | 'agent' | 'key';
      /** @description Part of a username, an e-mail address or a name */
      search?: string;
    };
    ValidateCommand: {
      /** @default true */
      checkSafety?: boolean;
      command: string;
      /**
       * @description The program that runs the command with `-c`, such as bash; a first line `#!` in the command names an interpreter instead
       * @default sh
       */
      shell?: string;
    };
    ValidatedCommand: {
      safe: boolean;
      suggestions: string[];
      /** @description Whether the syntax is valid, as far as it was checked, and the command looks safe if this was requested; a warning says when the text is in a language that is not parsed */
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
      /** @description When Millrace deactivated it */
      disabledAt: string | null;
      disabledReason: string | null;
      events: string[];
      /** @description The first failure since the last success; after several days of failures the webhook is deactivated */
      failingSince: string | null;
      /** Format: uuid */
      id: string;
      /** @description The time until which messages are also signed with the previous secret */
      previousSecretExpiresAt: string | null;
      projectId: string | null;
      /** Format: date-time */
      updatedAt: string;
      url: string;
      version: number;
    };
    WebhookDelivery: {
      /** @description The number of attempts so far */
      attempts: number;
      /** Format: date-time */
      createdAt: string;
      data: {
        [key: string]: unknown;
      };
      deliveredAt: string | null;
      /** @description The duration of the last attempt */
      durationMs: number | null;
      /** @description The error of the last attempt */
      error: string | null;
      event: string;
      /** Format: uuid */
      id: string;
      lastAttemptAt: string | null;
      /** @description The time of the next attempt; while it is being sent, the time of a repetition if the server crashes */
      nextAttemptAt: string | null;
      /** @description The first 4 KiB of the last response */
      responseBody: string | null;
      responseStatus: number | null;
      sequence: number;
      /** @enum {string} */
      status: 'pending' | 'delivered' | 'failed';
      /** Format: uuid */
      webhookId: string;
    };
    WebhookDeliveryDetail: {
      /** @description The number of attempts so far */
      attempts: number;
      /** Format: date-time */
      createdAt: string;
      data: {
        [key: string]: unknown;
      };
      deliveredAt: string | null;
      /** @description The duration of the last attempt */
      durationMs: number | null;
      /** @description The error of the last attempt */
      error: string | null;
      event: string;
      /** Format: uuid */
      id: string;
      lastAttemptAt: string | null;
      /** @description The time of the next attempt; while it is being sent, the time of a repetition if the server crashes */
      nextAttemptAt: string | null;
      /** @description The request of the last attempt; null before the end of the first */
      request: {
        /** @description The body of every attempt as text */
        body: string;
        headers: {
          [key: string]: string;
        };
        /** @enum {string} */
        method: 'POST';
        url: string;
      } | null;
      /** @description The first 4 KiB of the last response */
      responseBody: string | null;
      responseStatus: number | null;
      sequence: number;
      /** @enum {string} */
      status: 'pending' | 'delivered' | 'failed';
      /** @description The last 25 attempts, oldest first */
      tries: components['schemas']['WebhookDeliveryTry'][];
      /** Format: uuid */
      webhookId: string;
    };
    WebhookDeliveryPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['WebhookDelivery'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    WebhookDeliveryTry: {
      /** Format: date-time */
      at: string;
      attempt: number;
      durationMs: number;
      error: string | null;
      /** @description The first 500 characters of the response */
      responseBody: string | null;
      responseStatus: number | null;
    };
    WebhookPage: {
      hasNext: boolean;
      hasPrevious: boolean;
      items: components['schemas']['Webhook'][];
      /** @description The `cursor` of the next page; null on the last page */
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
        /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
        totalIsExact: boolean;
      };
      total: number;
      /** @description Whether `total` and `pages` are exact. When false, more items match than were counted: `total` is the number of those that were, and `next` and `next_cursor` lead on to all others */
      totalIsExact: boolean;
    };
    WebhookReplay: {
      /** @description The `from` of the next request; null when the window is complete */
      nextFrom: string | null;
      /** @description The number of deliveries that are sent again, at most 5000 for one request */
      replayed: number;
    };
    WebhookWithSecret: {
      active: boolean;
      /** Format: date-time */
      createdAt: string;
      /** Format: uuid */
      createdBy: string;
      description: string;
      /** @description When Millrace deactivated it */
      disabledAt: string | null;
      disabledReason: string | null;
      events: string[];
      /** @description The first failure since the last success; after several days of failures the webhook is deactivated */
      failingSince: string | null;
      /** Format: uuid */
      id: string;
      /** @description The time until which messages are also signed with the previous secret */
      previousSecretExpiresAt: string | null;
      projectId: string | null;
      /** @description The secret, which is only shown in this response */
      secret: string;
      /** Format: date-time */
      updatedAt: string;
      url: string;
      version: number;
    };
    WebhooksListDeliveriesQuery: {
      /** @description Page number, from 1 */
      page?: number;
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
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
      /** @description Items per page */
      pageSize?: number;
      /** @description The `next_cursor` of the previous page, with the same filters and sort: items that are created or removed meanwhile do not move others to another page */
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
    Worker: {
      /** @description How many runs it does at the moment */
      busy: number;
      /** @description Whether it finishes what it runs and takes nothing new */
      draining: boolean;
      /** @description The name of its host; null except for administrators */
      host: string | null;
      /**
       * Format: uuid
       * @description It is new with each start of the process
       */
      id: string;
      /** @description What a run may ask for in `runs_on`; the label of the host is for administrators only */
      labels: string[];
      /** @description Whether it can start commands */
      ready: boolean;
      /**
       * Format: date-time
       * @description Its last heartbeat
       */
      seenAt: string;
      /** @description How many runs it does at a time */
      slots: number;
      /** Format: date-time */
      startedAt: string;
      version: string;
    };
    WorkerLostMessage: {
      data: {
        host: string;
        labels: string[];
        /**
         * Format: date-time
         * @description Its last heartbeat
         */
        seenAt: string;
        /** Format: date-time */
        startedAt: string;
        /** Format: uuid */
        workerId: string;
      };
      /**
       * Format: uuid
       * @description The id of the message, which is the same for every attempt, so that receivers can ignore duplicates
       */
      deliveryId: string;
      /** @constant */
      event: 'worker.lost';
      /** @description Grows in the order in which the events were stored */
      sequence: number;
      /**
       * Format: date-time
       * @description The time of the event
       */
      timestamp: string;
      /** Format: uuid */
      webhookId: string;
    };
    Workers: {
      items: components['schemas']['Worker'][];
    };
    Workspace: {
      /** Format: date-time */
      createdAt: string;
      description: string;
      /** Format: uuid */
      id: string;
      name: string;
      settings: {
        [key: string]: unknown;
      };
      slug: string;
      /** Format: date-time */
      updatedAt: string;
      version: number;
    };
    Workspaces: {
      workspaces: components['schemas']['Workspace'][];
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}

export type ActivityEntry = components['schemas']['ActivityEntry'];
export type ActivityListQuery = components['schemas']['ActivityListQuery'];
export type ActivityPage = components['schemas']['ActivityPage'];
export type AddDependency = components['schemas']['AddDependency'];
export type AddToBacklog = components['schemas']['AddToBacklog'];
export type Agent = components['schemas']['Agent'];
export type AgentKey = components['schemas']['AgentKey'];
export type AgentKeyPage = components['schemas']['AgentKeyPage'];
export type AgentKeyWithSecret = components['schemas']['AgentKeyWithSecret'];
export type AgentPage = components['schemas']['AgentPage'];
export type AgentTask = components['schemas']['AgentTask'];
export type AgentsListKeysQuery = components['schemas']['AgentsListKeysQuery'];
export type AgentsListQuery = components['schemas']['AgentsListQuery'];
export type AnnounceMaintenance = components['schemas']['AnnounceMaintenance'];
export type AppendToDocument = components['schemas']['AppendToDocument'];
export type Artifact = components['schemas']['Artifact'];
export type Artifacts = components['schemas']['Artifacts'];
export type AttachLabel = components['schemas']['AttachLabel'];
export type Attachment = components['schemas']['Attachment'];
export type AttachmentPage = components['schemas']['AttachmentPage'];
export type AuthEndOtherSessionsQuery = components['schemas']['AuthEndOtherSessionsQuery'];
export type AuthListSessionsQuery = components['schemas']['AuthListSessionsQuery'];
export type AuthSession = components['schemas']['AuthSession'];
export type AuthSessionPage = components['schemas']['AuthSessionPage'];
export type Backlog = components['schemas']['Backlog'];
export type BacklogSummary = components['schemas']['BacklogSummary'];
export type BacklogTask = components['schemas']['BacklogTask'];
export type Backlogs = components['schemas']['Backlogs'];
export type BacklogsGetQuery = components['schemas']['BacklogsGetQuery'];
export type BacklogsListQuery = components['schemas']['BacklogsListQuery'];
export type BulkResult = components['schemas']['BulkResult'];
export type BulkTasks = components['schemas']['BulkTasks'];
export type Cancel = components['schemas']['Cancel'];
export type CancelCommand = components['schemas']['CancelCommand'];
export type CancelledCommand = components['schemas']['CancelledCommand'];
export type CancelledTask = components['schemas']['CancelledTask'];
export type ChangeInBacklog = components['schemas']['ChangeInBacklog'];
export type ChangePassword = components['schemas']['ChangePassword'];
export type ChangePriority = components['schemas']['ChangePriority'];
export type Checklist = components['schemas']['Checklist'];
export type ChecklistItem = components['schemas']['ChecklistItem'];
export type Claim = components['schemas']['Claim'];
export type ClaimHeartbeat = components['schemas']['ClaimHeartbeat'];
export type ClaimLostMessage = components['schemas']['ClaimLostMessage'];
export type ClaimNext = components['schemas']['ClaimNext'];
export type ClaimTask = components['schemas']['ClaimTask'];
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
export type Comment = components['schemas']['Comment'];
export type CommentPage = components['schemas']['CommentPage'];
export type CompleteClaim = components['schemas']['CompleteClaim'];
export type Concurrency = components['schemas']['Concurrency'];
export type CreateAgent = components['schemas']['CreateAgent'];
export type CreateAgentKey = components['schemas']['CreateAgentKey'];
export type CreateChecklistItem = components['schemas']['CreateChecklistItem'];
export type CreateComment = components['schemas']['CreateComment'];
export type CreateDocument = components['schemas']['CreateDocument'];
export type CreateLabel = components['schemas']['CreateLabel'];
export type CreateLink = components['schemas']['CreateLink'];
export type CreateMemory = components['schemas']['CreateMemory'];
export type CreatePersonalAccessToken = components['schemas']['CreatePersonalAccessToken'];
export type CreateProject = components['schemas']['CreateProject'];
export type CreateProjectKey = components['schemas']['CreateProjectKey'];
export type CreateSchedule = components['schemas']['CreateSchedule'];
export type CreateSession = components['schemas']['CreateSession'];
export type CreateTask = components['schemas']['CreateTask'];
export type CreateTrigger = components['schemas']['CreateTrigger'];
export type CreateUser = components['schemas']['CreateUser'];
export type CreateWebhook = components['schemas']['CreateWebhook'];
export type Deleted = components['schemas']['Deleted'];
export type DeletedComment = components['schemas']['DeletedComment'];
export type DeletedFromBacklog = components['schemas']['DeletedFromBacklog'];
export type DeletedWebhook = components['schemas']['DeletedWebhook'];
export type DetailedHealth = components['schemas']['DetailedHealth'];
export type DoctorCheck = components['schemas']['DoctorCheck'];
export type DoctorFix = components['schemas']['DoctorFix'];
export type DoctorReport = components['schemas']['DoctorReport'];
export type Document = components['schemas']['Document'];
export type DocumentPage = components['schemas']['DocumentPage'];
export type DocumentVersion = components['schemas']['DocumentVersion'];
export type DocumentVersionPage = components['schemas']['DocumentVersionPage'];
export type DocumentsListDocumentAttachmentsQuery =
  components['schemas']['DocumentsListDocumentAttachmentsQuery'];
export type DocumentsListVersionsQuery = components['schemas']['DocumentsListVersionsQuery'];
export type EndedSessions = components['schemas']['EndedSessions'];
export type ErrorEnvelope = components['schemas']['ErrorEnvelope'];
export type EventsFollowQuery = components['schemas']['EventsFollowQuery'];
export type ExecuteCommand = components['schemas']['ExecuteCommand'];
export type ExecuteTask = components['schemas']['ExecuteTask'];
export type ExecutedCommand = components['schemas']['ExecutedCommand'];
export type ExecutedTask = components['schemas']['ExecutedTask'];
export type ExecutionDetail = components['schemas']['ExecutionDetail'];
export type ExecutionsDownloadArtifactQuery = components['schemas']['ExecutionsDownloadArtifactQuery'];
export type ExecutionsListArtifactsQuery = components['schemas']['ExecutionsListArtifactsQuery'];
export type FailClaim = components['schemas']['FailClaim'];
export type Health = components['schemas']['Health'];
export type ImportFault = components['schemas']['ImportFault'];
export type ImportPlan = components['schemas']['ImportPlan'];
export type Label = components['schemas']['Label'];
export type LabelPage = components['schemas']['LabelPage'];
export type LabelsListQuery = components['schemas']['LabelsListQuery'];
export type LastRun = components['schemas']['LastRun'];
export type ListedDocument = components['schemas']['ListedDocument'];
export type ListedDocumentVersion = components['schemas']['ListedDocumentVersion'];
export type ListedExecution = components['schemas']['ListedExecution'];
export type ListedTask = components['schemas']['ListedTask'];
export type Liveness = components['schemas']['Liveness'];
export type Login = components['schemas']['Login'];
export type LoginResult = components['schemas']['LoginResult'];
export type Logout = components['schemas']['Logout'];
export type Maintenance = components['schemas']['Maintenance'];
export type McpMessage = components['schemas']['McpMessage'];
export type Message = components['schemas']['Message'];
export type Meta = components['schemas']['Meta'];
export type MoveTask = components['schemas']['MoveTask'];
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
export type PreviewSchedule = components['schemas']['PreviewSchedule'];
export type PriorityChanged = components['schemas']['PriorityChanged'];
export type Profile = components['schemas']['Profile'];
export type Project = components['schemas']['Project'];
export type ProjectAnalytics = components['schemas']['ProjectAnalytics'];
export type ProjectCreatedMessage = components['schemas']['ProjectCreatedMessage'];
export type ProjectDetail = components['schemas']['ProjectDetail'];
export type ProjectKey = components['schemas']['ProjectKey'];
export type ProjectKeyPage = components['schemas']['ProjectKeyPage'];
export type ProjectKeyWithSecret = components['schemas']['ProjectKeyWithSecret'];
export type ProjectMember = components['schemas']['ProjectMember'];
export type ProjectMembers = components['schemas']['ProjectMembers'];
export type ProjectPage = components['schemas']['ProjectPage'];
export type ProjectSecret = components['schemas']['ProjectSecret'];
export type ProjectSecrets = components['schemas']['ProjectSecrets'];
export type ProjectStatistics = components['schemas']['ProjectStatistics'];
export type ProjectUpdatedMessage = components['schemas']['ProjectUpdatedMessage'];
export type ProjectsAnalyticsQuery = components['schemas']['ProjectsAnalyticsQuery'];
export type ProjectsDeleteQuery = components['schemas']['ProjectsDeleteQuery'];
export type ProjectsExportQuery = components['schemas']['ProjectsExportQuery'];
export type ProjectsImportFindingsQuery = components['schemas']['ProjectsImportFindingsQuery'];
export type ProjectsImportQuery = components['schemas']['ProjectsImportQuery'];
export type ProjectsListDocsQuery = components['schemas']['ProjectsListDocsQuery'];
export type ProjectsListKeysQuery = components['schemas']['ProjectsListKeysQuery'];
export type ProjectsListMemoryQuery = components['schemas']['ProjectsListMemoryQuery'];
export type ProjectsListProjectAttachmentsQuery =
  components['schemas']['ProjectsListProjectAttachmentsQuery'];
export type ProjectsListQuery = components['schemas']['ProjectsListQuery'];
export type ProjectsListSchedulesQuery = components['schemas']['ProjectsListSchedulesQuery'];
export type ProjectsListTasksQuery = components['schemas']['ProjectsListTasksQuery'];
export type ProjectsListTriggersQuery = components['schemas']['ProjectsListTriggersQuery'];
export type ProjectsSyncQuery = components['schemas']['ProjectsSyncQuery'];
export type QueueChange = components['schemas']['QueueChange'];
export type QueueCleared = components['schemas']['QueueCleared'];
export type QueueMetrics = components['schemas']['QueueMetrics'];
export type QueueStatus = components['schemas']['QueueStatus'];
export type QueuedTask = components['schemas']['QueuedTask'];
export type QueuesMetricsQuery = components['schemas']['QueuesMetricsQuery'];
export type Readiness = components['schemas']['Readiness'];
export type Refresh = components['schemas']['Refresh'];
export type RefreshResult = components['schemas']['RefreshResult'];
export type ReleaseClaim = components['schemas']['ReleaseClaim'];
export type RenewedClaim = components['schemas']['RenewedClaim'];
export type ReplayWebhook = components['schemas']['ReplayWebhook'];
export type RestoreSession = components['schemas']['RestoreSession'];
export type RestoredSession = components['schemas']['RestoredSession'];
export type RestoredTasks = components['schemas']['RestoredTasks'];
export type ResumeQueue = components['schemas']['ResumeQueue'];
export type RetriedTask = components['schemas']['RetriedTask'];
export type RetryTask = components['schemas']['RetryTask'];
export type RotateWebhookSecret = components['schemas']['RotateWebhookSecret'];
export type RunEnd = components['schemas']['RunEnd'];
export type RunLimits = components['schemas']['RunLimits'];
export type RunningCommands = components['schemas']['RunningCommands'];
export type Schedule = components['schemas']['Schedule'];
export type ScheduleDisabledMessage = components['schemas']['ScheduleDisabledMessage'];
export type ScheduleFiredMessage = components['schemas']['ScheduleFiredMessage'];
export type ScheduleOccurrence = components['schemas']['ScheduleOccurrence'];
export type ScheduleOccurrences = components['schemas']['ScheduleOccurrences'];
export type SchedulePage = components['schemas']['SchedulePage'];
export type ScheduleRun = components['schemas']['ScheduleRun'];
export type ScheduleSkippedMessage = components['schemas']['ScheduleSkippedMessage'];
export type ScheduleTimes = components['schemas']['ScheduleTimes'];
export type SchedulesOccurrencesQuery = components['schemas']['SchedulesOccurrencesQuery'];
export type Session = components['schemas']['Session'];
export type SessionEvent = components['schemas']['SessionEvent'];
export type SessionHistory = components['schemas']['SessionHistory'];
export type SessionPage = components['schemas']['SessionPage'];
export type SessionSummary = components['schemas']['SessionSummary'];
export type SessionsHistoryQuery = components['schemas']['SessionsHistoryQuery'];
export type SessionsListQuery = components['schemas']['SessionsListQuery'];
export type SetConcurrency = components['schemas']['SetConcurrency'];
export type SetProjectMember = components['schemas']['SetProjectMember'];
export type SetSecret = components['schemas']['SetSecret'];
export type StartedCommand = components['schemas']['StartedCommand'];
export type SystemAlertMessage = components['schemas']['SystemAlertMessage'];
export type SystemInfo = components['schemas']['SystemInfo'];
export type SystemMaintenanceMessage = components['schemas']['SystemMaintenanceMessage'];
export type Task = components['schemas']['Task'];
export type TaskArchivedMessage = components['schemas']['TaskArchivedMessage'];
export type TaskClaim = components['schemas']['TaskClaim'];
export type TaskCommentedMessage = components['schemas']['TaskCommentedMessage'];
export type TaskCompletedMessage = components['schemas']['TaskCompletedMessage'];
export type TaskCreatedMessage = components['schemas']['TaskCreatedMessage'];
export type TaskDependencies = components['schemas']['TaskDependencies'];
export type TaskDependency = components['schemas']['TaskDependency'];
export type TaskDetail = components['schemas']['TaskDetail'];
export type TaskExecutions = components['schemas']['TaskExecutions'];
export type TaskFailedMessage = components['schemas']['TaskFailedMessage'];
export type TaskHistory = components['schemas']['TaskHistory'];
export type TaskInput = components['schemas']['TaskInput'];
export type TaskPage = components['schemas']['TaskPage'];
export type TaskRestoredMessage = components['schemas']['TaskRestoredMessage'];
export type TaskUpdatedMessage = components['schemas']['TaskUpdatedMessage'];
export type TasksDeleteQuery = components['schemas']['TasksDeleteQuery'];
export type TasksHistoryQuery = components['schemas']['TasksHistoryQuery'];
export type TasksListAttachmentsQuery = components['schemas']['TasksListAttachmentsQuery'];
export type TasksListCommentsQuery = components['schemas']['TasksListCommentsQuery'];
export type TasksListExecutionsQuery = components['schemas']['TasksListExecutionsQuery'];
export type TasksListPlansQuery = components['schemas']['TasksListPlansQuery'];
export type TasksListQuery = components['schemas']['TasksListQuery'];
export type TasksOutputQuery = components['schemas']['TasksOutputQuery'];
export type TasksSearchOutputQuery = components['schemas']['TasksSearchOutputQuery'];
export type TokenScope = components['schemas']['TokenScope'];
export type Trigger = components['schemas']['Trigger'];
export type TriggerAnswer = components['schemas']['TriggerAnswer'];
export type TriggerDelivery = components['schemas']['TriggerDelivery'];
export type TriggerDeliveryPage = components['schemas']['TriggerDeliveryPage'];
export type TriggerPage = components['schemas']['TriggerPage'];
export type TriggersDeleteResult = components['schemas']['TriggersDeleteResult'];
export type TriggersListDeliveriesQuery = components['schemas']['TriggersListDeliveriesQuery'];
export type UpdateAgent = components['schemas']['UpdateAgent'];
export type UpdateChecklistItem = components['schemas']['UpdateChecklistItem'];
export type UpdateComment = components['schemas']['UpdateComment'];
export type UpdateDocument = components['schemas']['UpdateDocument'];
export type UpdateLabel = components['schemas']['UpdateLabel'];
export type UpdatePreferences = components['schemas']['UpdatePreferences'];
export type UpdateProfile = components['schemas']['UpdateProfile'];
export type UpdateProject = components['schemas']['UpdateProject'];
export type UpdateSchedule = components['schemas']['UpdateSchedule'];
export type UpdateSession = components['schemas']['UpdateSession'];
export type UpdateTask = components['schemas']['UpdateTask'];
export type UpdateTrigger = components['schemas']['UpdateTrigger'];
export type UpdateUser = components['schemas']['UpdateUser'];
export type UpdateWebhook = components['schemas']['UpdateWebhook'];
export type UpdateWorkspace = components['schemas']['UpdateWorkspace'];
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
export type Worker = components['schemas']['Worker'];
export type WorkerLostMessage = components['schemas']['WorkerLostMessage'];
export type Workers = components['schemas']['Workers'];
export type Workspace = components['schemas']['Workspace'];
export type Workspaces = components['schemas']['Workspaces'];
