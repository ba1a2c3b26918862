// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  ChangePassword,
  CreateUser,
  Message,
  PreferencesResult,
  Profile,
  UpdatePreferences,
  UpdateProfile,
  UpdateUser,
  User,
  UserPage,
  UsersListQuery,
} from '../types.js';

/** Users and their profiles */
export class UsersResource {
  constructor(protected readonly api: Api) {}

  /**
   * List the users.
   * Disabled users are listed, too. Scopes, one of: `admin`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} ANSWER_TOO_LARGE
   */
  list(query?: UsersListQuery, options?: RequestOptions): Listing<UserPage, 'items'> {
    return this.api.list({ method: 'GET', path: '/users', query, options }, 'items');
  }

  /**
   * Create a user.
   * Creates a user with an initial password, which the user can change. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_ALREADY_EXISTS, IDEMPOTENCY_CONFLICT
   */
  create(body: CreateUser, options?: RequestOptions): Promise<User> {
    return this.api.call({ method: 'POST', path: '/users', body, options });
  }

  /**
   * Change your own password.
   * Revokes all earlier tokens. Scopes, one of: `profile.write`.
   * @throws {ApiError} AUTH_INVALID_CREDENTIALS
   */
  changePassword(body: ChangePassword, options?: RequestOptions): Promise<Message> {
    return this.api.call({ method: 'PUT', path: '/users/password', body, options });
  }

  /**
   * Change your preferences.
   * The given fields are merged into the current ones. Scopes, one of: `profile.write`.
   * @throws {ApiError} VERSION_CONFLICT
   */
  updatePreferences(body: UpdatePreferences, options?: RequestOptions): Promise<PreferencesResult> {
    return this.api.call({
      method: 'PUT',
      path: '/users/preferences',
      body,
      keep: ['preferences'],
      keepBody: true,
      options,
    });
  }

  /**
   * Show your profile, preferences and statistics.
   * Returns also the permissions of your role. Scopes, one of: `tasks.read`, `tasks.write`, `projects.read`, `projects.write`, `execute`, `webhooks.manage`, `profile.write`, `tokens.manage`, `admin`.
   */
  getProfile(options?: RequestOptions): Promise<Profile> {
    return this.api.call({ method: 'GET', path: '/users/profile', keep: ['preferences'], options });
  }

  /**
   * Change your name, e-mail address or avatar.
   * Only the given fields are changed. Scopes, one of: `profile.write`.
   * @throws {ApiError} RESOURCE_ALREADY_EXISTS, VERSION_CONFLICT
   */
  updateProfile(body: UpdateProfile, options?: RequestOptions): Promise<Profile> {
    return this.api.call({ method: 'PUT', path: '/users/profile', body, keep: ['preferences'], options });
  }

  /**
   * Show a user.
   * Returns a user with role, tier and whether the user is disabled. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(userId: string, options?: RequestOptions): Promise<User> {
    return this.api.call({ method: 'GET', path: '/users/{userId}', parameters: { userId }, options });
  }

  /**
   * Change, disable or enable a user, or reset the password.
   * Only the given fields are changed. A user who is disabled or has a new password is signed out everywhere. Disabling also cancels the queued and running executions of the user; a lower role cancels those that it does not allow if they have not started. Scopes, one of: `admin`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, RESOURCE_ALREADY_EXISTS, RESOURCE_IN_USE, VERSION_CONFLICT
   */
  update(userId: string, body: UpdateUser, options?: RequestOptions): Promise<User> {
    return this.api.call({ method: 'PUT', path: '/users/{userId}', parameters: { userId }, body, options });
  }
}
