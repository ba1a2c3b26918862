// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  AddDependency,
  AttachLabel,
  AttachmentPage,
  BulkResult,
  BulkTasks,
  Cancel,
  CancelledTask,
  Checklist,
  ChecklistItem,
  Claim,
  ClaimTask,
  Comment,
  CommentPage,
  CreateChecklistItem,
  CreateComment,
  CreateDocument,
  CreateTask,
  Deleted,
  DeletedComment,
  Document,
  DocumentPage,
  ExecuteTask,
  ExecutedTask,
  MoveTask,
  OutputSearch,
  RetriedTask,
  RetryTask,
  Task,
  TaskDependencies,
  TaskDetail,
  TaskExecutions,
  TaskHistory,
  TaskPage,
  TasksDeleteQuery,
  TasksHistoryQuery,
  TasksListAttachmentsQuery,
  TasksListCommentsQuery,
  TasksListExecutionsQuery,
  TasksListPlansQuery,
  TasksListQuery,
  TasksOutputQuery,
  TasksSearchOutputQuery,
  UpdateChecklistItem,
  UpdateComment,
  UpdateTask,
} from '../types.js';

/** The tasks of the backlog and their execution */
export class TasksResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the tasks you may see.
   * Lists the tasks of all projects that you may see, newest first by default. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  list(query?: TasksListQuery, options?: RequestOptions): Listing<TaskPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/tasks', query, keep: ['metadata'], options }, 'items');
  }

  /**
   * Create a task.
   * The task stays in the backlog until it is executed. `project_id` is the id of a project or its key. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_ALREADY_EXISTS, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  create(body: CreateTask, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/tasks',
      body,
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Apply one change to many tasks.
   * The tasks are changed independently of each other; `errors` has the reason for each of `failed`. Scopes, one of: `tasks.write`.
   * @throws {ApiError} IDEMPOTENCY_CONFLICT
   */
  bulk(body: BulkTasks, options?: RequestOptions): Promise<BulkResult> {
    return this.api.call({ method: 'POST', path: '/tasks/bulk', body, options });
  }

  /**
   * Show a task with its dependencies and recent history.
   * A task that you may not see gets the same response as one that does not exist. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} TASK_NOT_FOUND
   */
  get(taskId: string, options?: RequestOptions): Promise<TaskDetail> {
    return this.api.call({
      method: 'GET',
      path: '/tasks/{taskId}',
      parameters: { taskId },
      keep: ['environment', 'metadata', 'new_value', 'old_value'],
      options,
    });
  }

  /**
   * Change a task.
   * Only the given fields are changed. The status can be set manually, but not while an execution of the task is queued or running. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, RESOURCE_ALREADY_EXISTS, VERSION_CONFLICT, TASK_ALREADY_RUNNING, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  update(taskId: string, body: UpdateTask, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'PUT',
      path: '/tasks/{taskId}',
      parameters: { taskId },
      body,
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Delete a task.
   * The deletion is soft: the task becomes invisible, but its history is kept. With `permanent=true`, which owners of the project may, the task is removed for good, with the texts in its history. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, RESOURCE_IN_USE, PROJECT_ARCHIVED
   */
  delete(taskId: string, query?: TasksDeleteQuery, options?: RequestOptions): Promise<Deleted> {
    return this.api.call({
      method: 'DELETE',
      path: '/tasks/{taskId}',
      parameters: { taskId },
      query,
      options,
    });
  }

  /**
   * Archive a task.
   * An archived task is in no list, unless `include_archived` asks for it, does not count, cannot be executed, and keeps no other task waiting. Its fields can still be changed. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, RESOURCE_IN_USE, IDEMPOTENCY_CONFLICT, TASK_ALREADY_CLAIMED, TASK_IS_DRAFT, PROJECT_ARCHIVED
   */
  archive(taskId: string, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/archive',
      parameters: { taskId },
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * List the attachments of a task.
   * Files and links, the newest first. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} TASK_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listAttachments(
    taskId: string,
    query?: TasksListAttachmentsQuery,
    options?: RequestOptions,
  ): Listing<AttachmentPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/tasks/{taskId}/attachments', parameters: { taskId }, query, options },
      'items',
    );
  }

  /**
   * Stop a queued or running task.
   * Responds with 200 when all processes of the command have ended, or with 202 and `cancelling` when that takes more than 10 s. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, TASK_NOT_RUNNING
   */
  cancel(taskId: string, body?: Cancel, options?: RequestOptions): Promise<CancelledTask> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/cancel',
      parameters: { taskId },
      body,
      options,
    });
  }

  /**
   * Show the checklist of a task.
   * All its items in their order. A task itself shows how many there are and how many are done. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} TASK_NOT_FOUND
   */
  checklist(taskId: string, options?: RequestOptions): Promise<Checklist> {
    return this.api.call({
      method: 'GET',
      path: '/tasks/{taskId}/checklist',
      parameters: { taskId },
      options,
    });
  }

  /**
   * Add an item to the checklist of a task.
   * At the end, or at a position. A task has at most 200 items. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  addChecklistItem(
    taskId: string,
    body: CreateChecklistItem,
    options?: RequestOptions,
  ): Promise<ChecklistItem> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/checklist',
      parameters: { taskId },
      body,
      options,
    });
  }

  /**
   * Change an item of a checklist.
   * Only the given fields are changed. `done_by` and `done_at` say who did it first, and when. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, VERSION_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  updateChecklistItem(
    taskId: string,
    itemId: string,
    body: UpdateChecklistItem,
    options?: RequestOptions,
  ): Promise<ChecklistItem> {
    return this.api.call({
      method: 'PUT',
      path: '/tasks/{taskId}/checklist/{itemId}',
      parameters: { taskId, itemId },
      body,
      options,
    });
  }

  /**
   * Remove an item from a checklist.
   * Returns the item as it was. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  deleteChecklistItem(taskId: string, itemId: string, options?: RequestOptions): Promise<ChecklistItem> {
    return this.api.call({
      method: 'DELETE',
      path: '/tasks/{taskId}/checklist/{itemId}',
      parameters: { taskId, itemId },
      options,
    });
  }

  /**
   * Claim a task.
   * Like the claim of the next task, for one that you name. It must be open: pending, not blocked, waiting for no dependency and not assigned to somebody else. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, TASK_ALREADY_RUNNING, TASK_ALREADY_CLAIMED, TASK_NOT_CLAIMABLE, TASK_ARCHIVED, TASK_IS_DRAFT, TASK_DEPENDENCY_NOT_MET, PROJECT_ARCHIVED
   */
  claim(taskId: string, body?: ClaimTask, options?: RequestOptions): Promise<Claim> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/claim',
      parameters: { taskId },
      body,
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * List the comments of a task.
   * The newest first, unless `order=asc` asks for the oldest first. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} TASK_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listComments(
    taskId: string,
    query?: TasksListCommentsQuery,
    options?: RequestOptions,
  ): Listing<CommentPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/tasks/{taskId}/comments', parameters: { taskId }, query, options },
      'items',
    );
  }

  /**
   * Comment on a task.
   * The text is Markdown and kept as it is sent. `@username` mentions users; the answer lists those who can see the task. A task has at most 1,000 comments. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  addComment(taskId: string, body: CreateComment, options?: RequestOptions): Promise<Comment> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/comments',
      parameters: { taskId },
      body,
      options,
    });
  }

  /**
   * Show a comment.
   * Returns one comment of the task. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, TASK_NOT_FOUND
   */
  getComment(taskId: string, commentId: string, options?: RequestOptions): Promise<Comment> {
    return this.api.call({
      method: 'GET',
      path: '/tasks/{taskId}/comments/{commentId}',
      parameters: { taskId, commentId },
      options,
    });
  }

  /**
   * Change your comment.
   * Nobody changes the comments of others. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, VERSION_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  updateComment(
    taskId: string,
    commentId: string,
    body: UpdateComment,
    options?: RequestOptions,
  ): Promise<Comment> {
    return this.api.call({
      method: 'PUT',
      path: '/tasks/{taskId}/comments/{commentId}',
      parameters: { taskId, commentId },
      body,
      options,
    });
  }

  /**
   * Delete a comment.
   * Your own, or any as an owner of the project. The text is gone; the history says that there was a comment. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, PROJECT_ARCHIVED
   */
  deleteComment(taskId: string, commentId: string, options?: RequestOptions): Promise<DeletedComment> {
    return this.api.call({
      method: 'DELETE',
      path: '/tasks/{taskId}/comments/{commentId}',
      parameters: { taskId, commentId },
      options,
    });
  }

  /**
   * Show what a task waits for, and what waits for it.
   * An archived or deleted task keeps no other waiting. Tasks of projects that you may not see are left out. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} TASK_NOT_FOUND
   */
  listDependencies(taskId: string, options?: RequestOptions): Promise<TaskDependencies> {
    return this.api.call({
      method: 'GET',
      path: '/tasks/{taskId}/dependencies',
      parameters: { taskId },
      options,
    });
  }

  /**
   * Make a task wait for another one.
   * Both belong to one project. Nothing changes when it waits for it already. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED
   */
  addDependency(taskId: string, body: AddDependency, options?: RequestOptions): Promise<TaskDependencies> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/dependencies',
      parameters: { taskId },
      body,
      options,
    });
  }

  /**
   * Let a task wait for another one no more.
   * Nothing changes when it does not wait for it. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, PROJECT_ARCHIVED
   */
  removeDependency(taskId: string, dependsOn: string, options?: RequestOptions): Promise<TaskDependencies> {
    return this.api.call({
      method: 'DELETE',
      path: '/tasks/{taskId}/dependencies/{dependsOn}',
      parameters: { taskId, dependsOn },
      options,
    });
  }

  /**
   * Discard a draft.
   * Archives a draft. It is listed with both `include_drafts` and `include_archived`, and can be restored. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, TASK_NOT_DRAFT, PROJECT_ARCHIVED
   */
  discard(taskId: string, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/discard',
      parameters: { taskId },
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Run a task.
   * Queues the task's command, or its project's command_template. With `wait_seconds` it answers 200 with the end of the run, if that has come by then. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, SECRETS_UNPROTECTED, IDEMPOTENCY_CONFLICT, TASK_ALREADY_RUNNING, TASK_ALREADY_CLAIMED, TASK_ARCHIVED, TASK_IS_DRAFT, TASK_DEPENDENCY_NOT_MET, CONCURRENCY_SKIPPED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED, TASK_NOT_EXECUTABLE, COMMAND_UNSAFE, QUEUE_FULL
   */
  execute(taskId: string, body?: ExecuteTask, options?: RequestOptions): Promise<ExecutedTask> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/execute',
      parameters: { taskId },
      body,
      keep: ['inputs'],
      options,
    });
  }

  /**
   * List the attempts to run a task, the latest first.
   * Lists the executions with their state, times and exit code. Earlier ones are selected by `cursor`. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} TASK_NOT_FOUND
   */
  listExecutions(
    taskId: string,
    query?: TasksListExecutionsQuery,
    options?: RequestOptions,
  ): Listing<TaskExecutions, 'executions'> {
    return this.api.list(
      { method: 'GET', path: '/tasks/{taskId}/executions', parameters: { taskId }, query, options },
      'executions',
    );
  }

  /**
   * Show the history of a task.
   * Lists changes with their users, latest last; earlier ones are selected by `cursor`. Of values beyond 1 KiB only the beginning is shown, and environments are left out; `truncated` in a value names such fields. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} TASK_NOT_FOUND, ANSWER_TOO_LARGE
   */
  history(
    taskId: string,
    query?: TasksHistoryQuery,
    options?: RequestOptions,
  ): Listing<TaskHistory, 'history'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/tasks/{taskId}/history',
        parameters: { taskId },
        query,
        keep: ['details'],
        options,
      },
      'history',
    );
  }

  /**
   * Attach a label to a task.
   * By its name, without regard to case; a new one is made in the project. Nothing changes when the task has it. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  attachLabel(taskId: string, body: AttachLabel, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/labels',
      parameters: { taskId },
      body,
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Detach a label from a task.
   * The label stays in the catalogue. Nothing changes when the task does not have it. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  detachLabel(taskId: string, name: string, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'DELETE',
      path: '/tasks/{taskId}/labels/{name}',
      parameters: { taskId, name },
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Move a task to another project.
   * The task gets a ref of its new project; the one of before goes on naming it. Dependencies and children stay, the parent does not, and an assignee who cannot see the project is cleared. Its runs stay where they were. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_ALREADY_EXISTS, RESOURCE_IN_USE, IDEMPOTENCY_CONFLICT, TASK_ALREADY_CLAIMED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  move(taskId: string, body: MoveTask, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/move',
      parameters: { taskId },
      body,
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Get the output of a task's current or last run.
   * Raw bytes as they were written: those stored now, or with `follow=true` until the command ends. `from_offset` and `limit`, or a `Range` header with one range (answered by 206), give a part; `tail` the last lines (1 to 10000, at most 16 MiB). `stream` leaves one stream, `ansi=strip` takes out terminal control sequences. With `Accept: text/event-stream` server-sent events until the end: `data` is a frame as JSON, `id` the offset after it, so `Last-Event-ID` resumes; the id of the end is `<total>-end`, after which 204 is answered; `limit` and `ansi=strip` are refused with them. Output that was removed after its retention time is answered by 410. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * The answer is given as it comes: read its `body`, or all of it with `text()`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, TASK_NOT_FOUND, OUTPUT_PRUNED, RANGE_NOT_SATISFIABLE
   */
  output(taskId: string, query?: TasksOutputQuery, options?: RequestOptions): Promise<Response> {
    return this.api.raw({
      method: 'GET',
      path: '/tasks/{taskId}/output',
      parameters: { taskId },
      query,
      options,
    });
  }

  /**
   * Search the output of a task's current or last run.
   * Lines that hold a text, in the output that is stored now, with their numbers and byte offsets. An answer searches for at most 5 s; while `next_cursor` is not null there may be more. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND, TASK_NOT_FOUND, OUTPUT_PRUNED
   */
  searchOutput(
    taskId: string,
    query: TasksSearchOutputQuery,
    options?: RequestOptions,
  ): Listing<OutputSearch, 'matches'> {
    return this.api.list(
      { method: 'GET', path: '/tasks/{taskId}/output/search', parameters: { taskId }, query, options },
      'matches',
    );
  }

  /**
   * List the plans of a task.
   * The newest first, each with the beginning of its text. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} TASK_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listPlans(
    taskId: string,
    query?: TasksListPlansQuery,
    options?: RequestOptions,
  ): Listing<DocumentPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/tasks/{taskId}/plans', parameters: { taskId }, query, options },
      'items',
    );
  }

  /**
   * Write a plan for a task.
   * Markdown, kept as it is sent, and later with its versions: `/api/documents/{document_id}` reads and changes it. A task has at most 100 plans. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  addPlan(taskId: string, body: CreateDocument, options?: RequestOptions): Promise<Document> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/plans',
      parameters: { taskId },
      body,
      options,
    });
  }

  /**
   * Publish a draft.
   * Makes a draft a task that everybody sees who may see its project. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, TASK_ARCHIVED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  publish(taskId: string, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/publish',
      parameters: { taskId },
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Restore an archived task.
   * The task is as it was. A discarded draft is a draft again. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  restore(taskId: string, options?: RequestOptions): Promise<Task> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/restore',
      parameters: { taskId },
      keep: ['environment', 'metadata'],
      options,
    });
  }

  /**
   * Run a failed or cancelled task again.
   * Works like execute, and counts the attempt. It has the inputs of the last run, or those that are sent. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, SECRETS_UNPROTECTED, IDEMPOTENCY_CONFLICT, TASK_ALREADY_RUNNING, TASK_ALREADY_CLAIMED, TASK_ARCHIVED, TASK_IS_DRAFT, TASK_NOT_RETRYABLE, TASK_DEPENDENCY_NOT_MET, CONCURRENCY_SKIPPED, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED, TASK_NOT_EXECUTABLE, COMMAND_UNSAFE, QUEUE_FULL
   */
  retry(taskId: string, body?: RetryTask, options?: RequestOptions): Promise<RetriedTask> {
    return this.api.call({
      method: 'POST',
      path: '/tasks/{taskId}/retry',
      parameters: { taskId },
      body,
      keep: ['inputs'],
      options,
    });
  }
}
