// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { FileBody } from '../../http/file-body.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  AttachmentPage,
  CloneProject,
  ClonedProject,
  CreateDocument,
  CreateMemory,
  CreateProject,
  CreateProjectKey,
  CreateSchedule,
  CreateTrigger,
  Deleted,
  Document,
  DocumentPage,
  ImportPlan,
  Message,
  Project,
  ProjectAnalytics,
  ProjectDetail,
  ProjectKeyPage,
  ProjectKeyWithSecret,
  ProjectMembers,
  ProjectPage,
  ProjectSecret,
  ProjectSecrets,
  ProjectsAnalyticsQuery,
  ProjectsDeleteQuery,
  ProjectsExportQuery,
  ProjectsImportFindingsQuery,
  ProjectsImportQuery,
  ProjectsListDocsQuery,
  ProjectsListKeysQuery,
  ProjectsListMemoryQuery,
  ProjectsListProjectAttachmentsQuery,
  ProjectsListQuery,
  ProjectsListSchedulesQuery,
  ProjectsListTasksQuery,
  ProjectsListTriggersQuery,
  ProjectsSyncQuery,
  Schedule,
  SchedulePage,
  SetProjectMember,
  SetSecret,
  TaskPage,
  Trigger,
  TriggerPage,
  UpdateProject,
} from '../types.js';

/** Projects, their members and statistics */
export class ProjectsResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the projects you may see.
   * Lists your own projects, those you are a member of, and internal ones; administrators see all. Scopes, one of: `projects.read`, `projects.write`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} ANSWER_TOO_LARGE
   */
  list(query?: ProjectsListQuery, options?: RequestOptions): Listing<ProjectPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/projects', query, keep: ['settings'], options }, 'items');
  }

  /**
   * Create a project.
   * You become its owner. The key is the prefix of the refs of its tasks (`SHOP-42`) and cannot be changed. The number of projects of a user is limited (`MAX_PROJECTS_PER_USER`). Scopes, one of: `projects.write`.
   * @throws {ApiError} RESOURCE_ALREADY_EXISTS, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT
   */
  create(body: CreateProject, options?: RequestOptions): Promise<Project> {
    return this.api.call({ method: 'POST', path: '/projects', body, keep: ['settings'], options });
  }

  /**
   * Show a project with its statistics and recent activity.
   * A project that you may not see gets the same response as one that does not exist. Scopes, one of: `projects.read`, `projects.write`.
   * @throws {ApiError} PROJECT_NOT_FOUND
   */
  get(projectId: string, options?: RequestOptions): Promise<ProjectDetail> {
    return this.api.call({
      method: 'GET',
      path: '/projects/{projectId}',
      parameters: { projectId },
      keep: ['settings'],
      options,
    });
  }

  /**
   * Change a project.
   * Only the given fields are changed. Archived projects are read-only until their status is set back. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, VERSION_CONFLICT, PROJECT_ARCHIVED
   */
  update(projectId: string, body: UpdateProject, options?: RequestOptions): Promise<Project> {
    return this.api.call({
      method: 'PUT',
      path: '/projects/{projectId}',
      parameters: { projectId },
      body,
      keep: ['settings'],
      options,
    });
  }

  /**
   * Delete a project.
   * The deletion is soft: nothing is erased, but the project and its tasks become invisible. With `permanent=true` an archived project is removed for good: for everybody at once, and what it held, from tasks to output and workspaces, in the background. Its activity stays. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_IN_USE, PROJECT_NOT_ARCHIVED
   */
  delete(projectId: string, query?: ProjectsDeleteQuery, options?: RequestOptions): Promise<Deleted> {
    return this.api.call({
      method: 'DELETE',
      path: '/projects/{projectId}',
      parameters: { projectId },
      query,
      options,
    });
  }

  /**
   * Show the analytics of a project.
   * All figures are computed from the current state of the tasks; see their descriptions. Scopes, one of: `projects.read`, `projects.write`.
   * @throws {ApiError} PROJECT_NOT_FOUND
   */
  analytics(
    projectId: string,
    query?: ProjectsAnalyticsQuery,
    options?: RequestOptions,
  ): Promise<ProjectAnalytics> {
    return this.api.call({
      method: 'GET',
      path: '/projects/{projectId}/analytics',
      parameters: { projectId },
      query,
      options,
    });
  }

  /**
   * List the attachments of a project.
   * Files and links, the newest first. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listProjectAttachments(
    projectId: string,
    query?: ProjectsListProjectAttachmentsQuery,
    options?: RequestOptions,
  ): Listing<AttachmentPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/projects/{projectId}/attachments', parameters: { projectId }, query, options },
      'items',
    );
  }

  /**
   * Copy a project.
   * You own the copy. Its tasks are pending, unassigned unless they were assigned to you, and depend on each other as before; members, history and results are not copied. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_NOT_FOUND, RESOURCE_ALREADY_EXISTS, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_LIMIT_EXCEEDED
   */
  clone(projectId: string, body: CloneProject, options?: RequestOptions): Promise<ClonedProject> {
    return this.api.call({
      method: 'POST',
      path: '/projects/{projectId}/clone',
      parameters: { projectId },
      body,
      keep: ['settings'],
      options,
    });
  }

  /**
   * List the docs of a project.
   * The newest first, each with the beginning of its text. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listDocs(
    projectId: string,
    query?: ProjectsListDocsQuery,
    options?: RequestOptions,
  ): Listing<DocumentPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/projects/{projectId}/docs', parameters: { projectId }, query, options },
      'items',
    );
  }

  /**
   * Write a doc for a project.
   * Markdown, kept as it is sent, and later with its versions: `/api/documents/{document_id}` reads and changes it. A project has at most 1,000 docs, which count against its `storage_limit`. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  addDoc(projectId: string, body: CreateDocument, options?: RequestOptions): Promise<Document> {
    return this.api.call({
      method: 'POST',
      path: '/projects/{projectId}/docs',
      parameters: { projectId },
      body,
      options,
    });
  }

  /**
   * Export a project as a file.
   * Streams all tasks that you may see, archived ones and drafts too. JSON is complete: labels, documents with their versions, comments, checklists, dependencies, links, schedules and triggers and, with `files`, the content of files; each label, document, task, schedule and trigger has a line of its own. Secrets stay out: the tokens and secrets of triggers, and the values of secret inputs, for which masks stand. Each task is as it was at one moment, the whole is not: a task that is created during the export may be missing. If something goes wrong after the beginning the connection is cut, so that a part is never taken for the whole. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * The answer is given as it comes: read its `body`, or all of it with `text()`.
   * @throws {ApiError} PROJECT_NOT_FOUND
   */
  export(projectId: string, query?: ProjectsExportQuery, options?: RequestOptions): Promise<Response> {
    return this.api.raw({
      method: 'GET',
      path: '/projects/{projectId}/export',
      parameters: { projectId },
      query,
      options,
    });
  }

  /**
   * Import the findings of a scanner.
   * SARIF 2.1.0, or a list `[{fingerprint, title, severity, description?, location?, type?}]`, which may be the field `findings` behind the name of its `tool`. Each finding is a task of type `vulnerability` or `bug`, known by its fingerprint, with the tool as its `source`. A finding that comes back after its task was completed is pending again; one whose task was cancelled stays so. With `complete_missing`, tasks of the same tool whose findings are gone are completed. All or nothing, as an import. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_ALREADY_EXISTS, RESOURCE_IN_USE, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  importFindings(
    projectId: string,
    file: FileBody,
    query?: ProjectsImportFindingsQuery,
    options?: RequestOptions,
  ): Promise<ImportPlan> {
    return this.api.call({
      method: 'POST',
      path: '/projects/{projectId}/findings',
      parameters: { projectId },
      file,
      query,
      options,
    });
  }

  /**
   * Import a file into a project.
   * The file is the body, at most 50 MiB and 20,000 tasks. All of it is imported or nothing: a fault anywhere is answered with 422 and every fault by its line. A task is known by its `external_ref`, else by its ref when the file is from this project, else by where it came from or its content; what is known is changed where the file differs, so the same file again changes nothing. Nothing is taken away: comments, checklist items, plans and attachments are only added. New schedules and triggers are switched off, and so are those of which the file changes when or what they run; they take the right to run commands, for a token the scope `execute`, too. What the file does not say, such as an empty cell of CSV, stays as it is. A project without any task keeps the numbers of the refs. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_ALREADY_EXISTS, RESOURCE_IN_USE, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  import(
    projectId: string,
    file: FileBody,
    query?: ProjectsImportQuery,
    options?: RequestOptions,
  ): Promise<ImportPlan> {
    return this.api.call({
      method: 'POST',
      path: '/projects/{projectId}/import',
      parameters: { projectId },
      file,
      query,
      options,
    });
  }

  /**
   * List the keys of a project.
   * For its owners; the latest first, without their secret part. Scopes, one of: `projects.read`, `projects.write`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listKeys(
    projectId: string,
    query?: ProjectsListKeysQuery,
    options?: RequestOptions,
  ): Listing<ProjectKeyPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/projects/{projectId}/keys', parameters: { projectId }, query, options },
      'items',
    );
  }

  /**
   * Create a key of a project.
   * Whoever has it works in this project as a developer, and sees no other; `project_id` may be left out then. The answer shows it, once. For the owners of the project; at most 50. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED
   */
  createKey(
    projectId: string,
    body: CreateProjectKey,
    options?: RequestOptions,
  ): Promise<ProjectKeyWithSecret> {
    return this.api.call({
      method: 'POST',
      path: '/projects/{projectId}/keys',
      parameters: { projectId },
      body,
      options,
    });
  }

  /**
   * Revoke a key of a project.
   * It is refused from then on, its connections are closed, and its runs are cancelled. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND
   */
  revokeKey(projectId: string, keyId: string, options?: RequestOptions): Promise<Message> {
    return this.api.call({
      method: 'DELETE',
      path: '/projects/{projectId}/keys/{keyId}',
      parameters: { projectId, keyId },
      options,
    });
  }

  /**
   * List the members of a project.
   * Lists the members with their roles. Scopes, one of: `projects.read`, `projects.write`.
   * @throws {ApiError} PROJECT_NOT_FOUND
   */
  listMembers(projectId: string, options?: RequestOptions): Promise<ProjectMembers> {
    return this.api.call({
      method: 'GET',
      path: '/projects/{projectId}/members',
      parameters: { projectId },
      options,
    });
  }

  /**
   * Add a member or change its role.
   * Requires an owner of the project. Runs of a member who becomes a viewer are cancelled unless they have started. The response lists all members. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND
   */
  setMember(
    projectId: string,
    userId: string,
    body: SetProjectMember,
    options?: RequestOptions,
  ): Promise<ProjectMembers> {
    return this.api.call({
      method: 'PUT',
      path: '/projects/{projectId}/members/{userId}',
      parameters: { projectId, userId },
      body,
      options,
    });
  }

  /**
   * Remove a member.
   * Requires an owner of the project. Runs of the member that have not started are cancelled. The response lists the remaining members. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND
   */
  removeMember(projectId: string, userId: string, options?: RequestOptions): Promise<ProjectMembers> {
    return this.api.call({
      method: 'DELETE',
      path: '/projects/{projectId}/members/{userId}',
      parameters: { projectId, userId },
      options,
    });
  }

  /**
   * Recall what a project is to remember.
   * Notes, the newest first, each with the beginning of its text, by tag and by words as tasks are searched. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listMemory(
    projectId: string,
    query?: ProjectsListMemoryQuery,
    options?: RequestOptions,
  ): Listing<DocumentPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/projects/{projectId}/memory', parameters: { projectId }, query, options },
      'items',
    );
  }

  /**
   * Have a project remember something.
   * A note for whoever works on the project later, without versions. A project has at most 100,000 notes, which count against its `storage_limit`. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  remember(projectId: string, body: CreateMemory, options?: RequestOptions): Promise<Document> {
    return this.api.call({
      method: 'POST',
      path: '/projects/{projectId}/memory',
      parameters: { projectId },
      body,
      options,
    });
  }

  /**
   * List the schedules of a project.
   * The newest first, each with its next times, its last run and how many runs have failed in a row. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listSchedules(
    projectId: string,
    query?: ProjectsListSchedulesQuery,
    options?: RequestOptions,
  ): Listing<SchedulePage, 'items'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/projects/{projectId}/schedules',
        parameters: { projectId },
        query,
        keep: ['inputs', 'template'],
        options,
      },
      'items',
    );
  }

  /**
   * Create a schedule.
   * It runs a task of the project, or makes a new one each time, at the times of a cron expression or at an interval. It runs with your rights as they are at each time; a token also needs the scope tasks.write for a template. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, SECRETS_UNPROTECTED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED
   */
  createSchedule(projectId: string, body: CreateSchedule, options?: RequestOptions): Promise<Schedule> {
    return this.api.call({
      method: 'POST',
      path: '/projects/{projectId}/schedules',
      parameters: { projectId },
      body,
      keep: ['inputs', 'template'],
      options,
    });
  }

  /**
   * List the names of a project's secrets.
   * Lists the names for owners of the project and administrators. Values are never returned. Scopes, one of: `projects.read`, `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND
   */
  listSecrets(projectId: string, options?: RequestOptions): Promise<ProjectSecrets> {
    return this.api.call({
      method: 'GET',
      path: '/projects/{projectId}/secrets',
      parameters: { projectId },
      options,
    });
  }

  /**
   * Set or replace a secret of a project.
   * Commands of the project that start later get it as an environment variable, unless their task or request sets a variable of that name. In their output it is masked by `***`: unchanged, line by line, in JSON, in URLs and in base64. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, SECRETS_UNPROTECTED
   */
  setSecret(
    projectId: string,
    name: string,
    body: SetSecret,
    options?: RequestOptions,
  ): Promise<ProjectSecret> {
    return this.api.call({
      method: 'PUT',
      path: '/projects/{projectId}/secrets/{name}',
      parameters: { projectId, name },
      body,
      options,
    });
  }

  /**
   * Remove a secret of a project.
   * Runs that start later do not get it any more. The response lists the remaining secrets. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_NOT_FOUND
   */
  removeSecret(projectId: string, name: string, options?: RequestOptions): Promise<ProjectSecrets> {
    return this.api.call({
      method: 'DELETE',
      path: '/projects/{projectId}/secrets/{name}',
      parameters: { projectId, name },
      options,
    });
  }

  /**
   * Reconcile a project with a manifest.
   * The manifest is YAML (at most 4 MiB) or JSON: `tasks`, each with an `external_ref` and the fields it sets, and optionally `source`, the name of the manifest. Tasks that it names are made, changed or brought back from the archive; others stay, unless `prune` archives those of its `source` that it does not name. `parent` and `dependencies` name tasks by `external_ref` or ref. All or nothing, as an import. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_ALREADY_EXISTS, RESOURCE_IN_USE, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  sync(
    projectId: string,
    file: FileBody,
    query?: ProjectsSyncQuery,
    options?: RequestOptions,
  ): Promise<ImportPlan> {
    return this.api.call({
      method: 'POST',
      path: '/projects/{projectId}/sync',
      parameters: { projectId },
      file,
      query,
      options,
    });
  }

  /**
   * List the tasks of a project.
   * Works like the list of all tasks, with the same filters. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listTasks(
    projectId: string,
    query?: ProjectsListTasksQuery,
    options?: RequestOptions,
  ): Listing<TaskPage, 'items'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/projects/{projectId}/tasks',
        parameters: { projectId },
        query,
        keep: ['metadata'],
        options,
      },
      'items',
    );
  }

  /**
   * List the triggers of a project.
   * The newest first. Who may run tasks in the project sees their URLs. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} PROJECT_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listTriggers(
    projectId: string,
    query?: ProjectsListTriggersQuery,
    options?: RequestOptions,
  ): Listing<TriggerPage, 'items'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/projects/{projectId}/triggers',
        parameters: { projectId },
        query,
        keep: ['inputs_from', 'match'],
        options,
      },
      'items',
    );
  }

  /**
   * Create a trigger.
   * A URL that runs a task in your name whenever something is sent to it. The command finds the message in the file that TRIGGER_PAYLOAD names, and its headers as JSON in that of TRIGGER_HEADERS. Scopes, one of: `execute`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED
   */
  createTrigger(projectId: string, body: CreateTrigger, options?: RequestOptions): Promise<Trigger> {
    return this.api.call({
      method: 'POST',
      path: '/projects/{projectId}/triggers',
      parameters: { projectId },
      body,
      keep: ['inputs_from', 'match'],
      options,
    });
  }
}
