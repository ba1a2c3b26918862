// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  CloneProject,
  ClonedProject,
  CreateProject,
  Deleted,
  Project,
  ProjectAnalytics,
  ProjectDetail,
  ProjectMembers,
  ProjectPage,
  ProjectSecret,
  ProjectSecrets,
  ProjectsAnalyticsQuery,
  ProjectsListQuery,
  ProjectsListTasksQuery,
  SetProjectMember,
  SetSecret,
  TaskPage,
  UpdateProject,
} from '../types.js';

/** Projects, their members and their figures */
export class ProjectsResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the projects you may see.
   * Your own, those you are a member of, and internal ones; administrators see all. Scopes, one of: `projects.read`, `projects.write`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} ANSWER_TOO_LARGE
   */
  list(query?: ProjectsListQuery, options?: RequestOptions): Listing<ProjectPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/projects', query, keep: ['settings'], options }, 'items');
  }

  /**
   * Create a project.
   * You become its owner. The key begins the refs of its tasks (`SHOP-42`) and cannot be changed. How many one user may make is bounded (`MAX_PROJECTS_PER_USER`). Scopes, one of: `projects.write`.
   * @throws {ApiError} RESOURCE_ALREADY_EXISTS, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT
   */
  create(body: CreateProject, options?: RequestOptions): Promise<Project> {
    return this.api.call({ method: 'POST', path: '/projects', body, keep: ['settings'], options });
  }

  /**
   * Show a project with its statistics and recent activity.
   * A project that you may not see is answered like one that does not exist. Scopes, one of: `projects.read`, `projects.write`.
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
   * Only what you send is changed. Archived projects are read-only until their status is set back. Scopes, one of: `projects.write`.
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
   * Soft: nothing is erased, but the project and its tasks are no longer seen. Scopes, one of: `projects.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, PROJECT_NOT_FOUND, RESOURCE_IN_USE
   */
  delete(projectId: string, options?: RequestOptions): Promise<Deleted> {
    return this.api.call({
      method: 'DELETE',
      path: '/projects/{projectId}',
      parameters: { projectId },
      options,
    });
  }

  /**
   * Show what happened in a project of late.
   * Everything is computed from the tasks as they are now; each figure says in its description how. Scopes, one of: `projects.read`, `projects.write`.
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
   * Copy a project.
   * The copy is yours. Its tasks are pending, unassigned unless they were yours, and depend on each other as before; members, history and results are not copied. Scopes, one of: `projects.write`.
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
   * List the members of a project.
   * With the role of each. Scopes, one of: `projects.read`, `projects.write`.
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
   * Takes an owner of the project. Runs of who becomes a viewer are cancelled, unless they have started. The answer lists all members. Scopes, one of: `projects.write`.
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
   * Takes an owner of the project. Runs of the member that have not started are cancelled. The answer is who is left. Scopes, one of: `projects.write`.
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
   * List the names of a project's secrets.
   * For owners of the project and administrators. Values are never shown. Scopes, one of: `projects.read`, `projects.write`.
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
   * The commands of the project that start from now on find it in their environment, unless their task or request sets a variable of that name. Their output shows `***` in its place: as it is, line by line, in JSON, URLs and base64. Scopes, one of: `projects.write`.
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
   * Runs that start from now on do not see it any more. Answers with those that are left. Scopes, one of: `projects.write`.
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
   * List the tasks of a project.
   * As the list of all tasks, with the same filters. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
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
}
