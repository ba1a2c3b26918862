import type { Evidence } from './evidence.js';

const tasks = 'e2e/tasks.test.ts';
const projects = 'e2e/projects.test.ts';
const executions = 'e2e/executions.test.ts';
const auth = 'e2e/auth.test.ts';
const queues = 'e2e/queues.test.ts';
const list = 'e2e/task-list.test.ts';
const bulk = 'e2e/bulk.test.ts';
const limits = 'e2e/rate-limit.test.ts';
const errors = 'e2e/errors.test.ts';
const job = 'e2e/main-job.test.ts';
const system = 'e2e/system.test.ts';
const events = 'realtime/events.test.ts';
const connection = 'realtime/connection.test.ts';
const sessions = 'sessions/sessions.test.ts';
const commands = 'commands/commands.test.ts';
const profile = 'users/profile.test.ts';

const everyEvent: Evidence[] = [[job, 'each event of the contract reaches its subscribers']];
const told: Evidence[] = [
  [job, 'a new user logs in, runs a command, watches its output live and is notified of its end'],
];
const searched: Evidence[] = [[list, 'is searched: words, phrases, prefixes, operators, fields']];
const filtered: Evidence[] = [[list, 'is filtered by each of its filters and by several']];
const taskFaults: Evidence[] = [[tasks, 'an invalid task is refused with the error code and the field']];

/** Every item of document 004, which is the contract of the API, by its part, with the tests that show it. */
export const document004: Record<string, Record<string, Evidence[]>> = {
  endpoints: {
    'POST /api/auth/login': [[auth, 'returns an access token, its lifetime and the user']],
    'POST /api/auth/refresh': [[auth, 'by access token issues another token and keeps the old one valid']],
    'GET /api/health/': [[system, 'is public']],
    'GET /api/health/detailed': [[system, 'in detail includes measurements']],
    'GET /api/system/info': [[system, 'the system info contains version, features and limits']],
    'POST /api/tasks/': [[tasks, 'a task is created, shown, changed and deleted']],
    'GET /api/tasks/': [[list, 'is paginated, with flat fields and links to other pages'], ...filtered],
    'GET /api/tasks/{task_id}': [
      [tasks, 'a task is created, shown, changed and deleted'],
      [tasks, 'are shown with the tasks that they block, and replaced as a whole'],
    ],
    'PUT /api/tasks/{task_id}': [[tasks, 'a task is created, shown, changed and deleted']],
    'DELETE /api/tasks/{task_id}': [[tasks, 'a task is created, shown, changed and deleted']],
    'POST /api/tasks/bulk': [
      [bulk, 'update_status sets status and progress'],
      [bulk, 'assign assigns tasks to a user, or to nobody'],
      [bulk, 'add_tags and remove_tags change only tasks whose tags differ'],
      [bulk, 'delete deletes the tasks'],
      [bulk, 'set_priority sets the priority'],
      [bulk, 'reports each failed task with the reason, and applies to the others'],
    ],
    'GET /api/tasks/{task_id}/history': [[tasks, 'a task is created, shown, changed and deleted']],
    'POST /api/tasks/{task_id}/execute': [
      [executions, 'answers 202 with the execution and its queue position, and the task follows its status'],
    ],
    'POST /api/tasks/{task_id}/cancel': [
      [executions, 'of a running task terminates its processes and answers when they have ended'],
    ],
    'POST /api/tasks/{task_id}/retry': [[executions, 'can be retried by hand, with the next attempt number']],
    'POST /api/projects/': [[projects, 'a project is created, shown, listed, changed and deleted']],
    'GET /api/projects/': [[projects, 'the list is filtered, searched, sorted and paginated']],
    'GET /api/projects/{project_id}': [
      [projects, 'a project is created, shown, listed, changed and deleted'],
    ],
    'PUT /api/projects/{project_id}': [
      [projects, 'a project is created, shown, listed, changed and deleted'],
    ],
    'DELETE /api/projects/{project_id}': [
      [projects, 'a project is created, shown, listed, changed and deleted'],
    ],
    'GET /api/projects/{project_id}/tasks': [[list, 'of one project is the same at the path of the project']],
    'POST /api/projects/{project_id}/clone': [
      ['projects/clone.test.ts', 'a clone copies settings and limits, or uses their defaults'],
      ['projects/clone.test.ts', 'a clone contains the tasks as pending ones with the same dependencies'],
    ],
    'GET /api/projects/{project_id}/analytics': [
      ['projects/analytics.test.ts', 'the analytics equal values computed by hand'],
    ],
    'POST /api/commands/execute': [[commands, 'responds when the command has started, with its process id']],
    'GET /api/commands/{command_id}/status': [
      [commands, 'responds when the command has started, with its process id'],
    ],
    'POST /api/commands/{command_id}/cancel': [
      [commands, 'terminates a command by SIGTERM, and by SIGKILL if it ignores SIGTERM'],
    ],
    'GET /api/commands/running': [
      [commands, 'a command of another user is not found, and viewers cannot execute commands'],
    ],
    'GET /api/commands/history': [[commands, 'the history of a user is paginated']],
    'GET /api/commands/suggestions': [['commands/help.test.ts', 'fit the context and begin with the prefix']],
    'POST /api/commands/validate': [['commands/help.test.ts', 'responds as the contract specifies']],
    'POST /api/sessions/': [[sessions, 'is created as the contract specifies, by every role']],
    'GET /api/sessions/': [
      [sessions, 'contains those of the user, filtered by status and project, with pagination'],
    ],
    'GET /api/sessions/{session_id}': [[sessions, 'is private to its user; administrators may read it']],
    'PUT /api/sessions/{session_id}': [[sessions, 'merges settings, and refuses a stale version']],
    'DELETE /api/sessions/{session_id}': [[sessions, 'ends by deletion']],
    'GET /api/sessions/{session_id}/history': [
      [
        sessions,
        'the history lists the actions of the owner in the session, newest first, with the commands',
      ],
    ],
    'POST /api/sessions/{session_id}/restore': [
      [
        'sessions/restore.test.ts',
        'tasks are restored to their first state, and only changes of the session are undone',
      ],
    ],
    'GET /api/queues/status': [[queues, 'the status reports queues, slots and performance']],
    'POST /api/queues/pause': [
      [
        queues,
        'a paused queue starts nothing while others continue, and starts its entries when it is resumed',
      ],
    ],
    'POST /api/queues/resume': [
      [
        queues,
        'a paused queue starts nothing while others continue, and starts its entries when it is resumed',
      ],
    ],
    'DELETE /api/queues/clear': [[queues, 'clearing a queue cancels its entries and no others']],
    'GET /api/queues/metrics': [[queues, 'the metrics count enqueued and ended executions']],
    'POST /api/queues/priority': [
      [queues, 'queued tasks can be moved to another queue, and tasks that are not queued are reported'],
    ],
    'GET /api/users/profile': [[profile, 'is available to every role, as the contract specifies']],
    'PUT /api/users/preferences': [[profile, 'are stored and returned as sent']],
  },
  'envelope and lists': {
    'success envelope': [[system, 'is public']],
    'error envelope': [
      [errors, 'for an unknown route has the envelope, below /api and elsewhere'],
      ...taskFaults,
    ],
    'flat paging fields': [[list, 'is paginated, with flat fields and links to other pages']],
    'pagination links': [[list, 'is paginated, with flat fields and links to other pages']],
    'page, page_size, sort, order': [[list, 'is sorted']],
    'filter project_id': filtered,
    'filter status': filtered,
    'filter assigned_to': filtered,
    'filter priority': filtered,
    'filter tags': filtered,
    'filter created_after': filtered,
    'filter created_before': filtered,
    'search simple': searched,
    'search phrase': searched,
    'search boolean': searched,
    'search field': searched,
  },
  'messages that clients send': {
    authenticate: [[connection, 'a token authenticates a connection, by message or by header'], ...told],
    execute_task: [[events, 'execute_task executes a task for users with the permission']],
    subscribe: [[events, 'subscribers of a task receive its events from the queue to the end']],
    unsubscribe: [[events, 'no events arrive after unsubscribing']],
    get_metrics: [[events, 'metrics are sent on request and as a channel']],
    ping: [[connection, 'an unauthenticated socket can only ping, and is closed after 10 seconds']],
  },
  'messages that clients get': {
    task_update: [[events, 'subscribers of a task receive its events from the queue to the end']],
    task_completed: [[events, 'subscribers of a task receive its events from the queue to the end'], ...told],
    command_output: [
      ['realtime/output.test.ts', 'output is delivered live and again, from any offset'],
      ...told,
    ],
    performance_data: [[events, 'metrics are sent on request and as a channel']],
    notification: [[system, 'is announced, prevents changes by others and new executions, and ends']],
    error: [[events, 'a failed task is published as an error']],
    pong: [[connection, 'an unauthenticated socket can only ping, and is closed after 10 seconds']],
  },
  'error codes': {
    AUTH_TOKEN_INVALID: [[auth, 'must be signed by the server, unchanged and valid at this time']],
    AUTH_TOKEN_MISSING: [
      [auth, 'is required'],
      ['e2e/access.test.ts', 'every route except the public ones requires a token'],
    ],
    AUTH_INSUFFICIENT_PERMISSIONS: [
      ['e2e/access.test.ts', 'a viewer may read everything and change only personal data'],
    ],
    AUTH_ACCOUNT_DISABLED: [
      [auth, 'refuses a disabled account, and reveals that only for the correct password'],
    ],
    VALIDATION_ERROR: taskFaults,
    VALIDATION_REQUIRED_FIELD: taskFaults,
    VALIDATION_INVALID_FORMAT: taskFaults,
    VALIDATION_VALUE_TOO_LONG: taskFaults,
    VALIDATION_VALUE_TOO_SHORT: taskFaults,
    RESOURCE_NOT_FOUND: [[errors, 'for an unknown route has the envelope, below /api and elsewhere']],
    RESOURCE_ALREADY_EXISTS: [
      ['e2e/users.test.ts', 'names and email addresses are unique, regardless of case'],
    ],
    RESOURCE_IN_USE: [[projects, 'a project with active tasks cannot be deleted']],
    RESOURCE_LIMIT_EXCEEDED: [[events, 'a connection is limited to 100 subscriptions']],
    TASK_NOT_FOUND: [[tasks, 'by users who can see its project, and by no others']],
    TASK_ALREADY_RUNNING: [
      [executions, 'by concurrent requests answers one with 202 and the others with 409'],
    ],
    TASK_EXECUTION_FAILED: [[executions, 'reports its exit code, or the signal as a negative number']],
    TASK_TIMEOUT: [[executions, 'that exceeds its timeout fails with TASK_TIMEOUT']],
    TASK_CANCELLED: [
      [executions, 'of a running task terminates its processes and answers when they have ended'],
    ],
    TASK_DEPENDENCY_NOT_MET: [[executions, 'that were not started prevent an execution']],
    PROJECT_NOT_FOUND: [[projects, 'is limited to its members and administrators if it is private']],
    PROJECT_ACCESS_DENIED: [[projects, 'is limited to its members and administrators if it is private']],
    PROJECT_ARCHIVED: [[projects, 'an archived project is read-only until it is activated again']],
    PROJECT_LIMIT_EXCEEDED: [[tasks, 'max_tasks is respected, also for concurrent creations']],
    SYSTEM_MAINTENANCE: [[system, 'is announced, prevents changes by others and new executions, and ends']],
    DATABASE_ERROR: [
      [
        'e2e/database-away.test.ts',
        'requests are answered with 503 DATABASE_ERROR, and work again after the reconnect',
      ],
    ],
    SYSTEM_OVERLOADED: [
      ['e2e/overload.test.ts', 'gets SYSTEM_OVERLOADED and no internal error for a read that takes too long'],
    ],
    QUEUE_FULL: [[queues, 'an execution for a full queue is refused with QUEUE_FULL']],
    WEBSOCKET_CONNECTION_FAILED: [[connection, 'a user is limited to 50 connections']],
    RATE_LIMIT_EXCEEDED: [[limits, 'an address has 100 requests a minute, counted across all processes']],
  },
  'rate limits and headers': {
    '100 requests a minute and address': [
      [limits, 'an address has 100 requests a minute, counted across all processes'],
    ],
    '200 requests a minute and user': [
      [limits, 'a user has 200 requests a minute from any address, and a premium user 500'],
    ],
    '500 requests a minute and premium user': [
      [limits, 'a user has 200 requests a minute from any address, and a premium user 500'],
    ],
    '50 WebSocket connections a user': [[connection, 'a user is limited to 50 connections']],
    'X-RateLimit-Limit': [
      [limits, 'every response has the rate limit headers, also an error of the framework'],
    ],
    'X-RateLimit-Remaining': [
      [limits, 'every response has the rate limit headers, also an error of the framework'],
    ],
    'X-RateLimit-Reset': [
      [limits, 'every response has the rate limit headers, also an error of the framework'],
    ],
    'X-RateLimit-Window': [
      [limits, 'every response has the rate limit headers, also an error of the framework'],
    ],
    'X-Signature-256': [
      [
        'webhooks/delivery.test.ts',
        'a new task is published with the payload and the signatures of the contract',
      ],
      ...told,
    ],
    'X-Delivery-ID': everyEvent,
    'X-Event-Type': everyEvent,
  },
  'webhook events': {
    'task.created': everyEvent,
    'task.updated': everyEvent,
    'task.completed': everyEvent,
    'task.failed': everyEvent,
    'project.created': everyEvent,
    'project.updated': everyEvent,
    'system.maintenance': everyEvent,
    'system.alert': everyEvent,
  },
  documentation: {
    '/docs': [[errors, 'is documented: the documentation and the OpenAPI document are public']],
    '/openapi.json': [[errors, 'is documented: the documentation and the OpenAPI document are public']],
    '/docs/postman_collection.json': [
      [errors, 'is documented in collections for Postman and Insomnia, with every route'],
    ],
    '/docs/insomnia_collection.json': [
      [errors, 'is documented in collections for Postman and Insomnia, with every route'],
    ],
  },
};
