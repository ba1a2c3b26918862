// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { RequestOptions } from '../../http/request-options.js';
import type { Attachment, CreateLink, Deleted } from '../types.js';

/** Files and links of tasks, projects and documents */
export class AttachmentsResource {
  constructor(protected readonly api: Api) {}

  /**
   * Attach a file or a link.
   * A link as JSON, or a file of at most 10 MiB as `multipart/form-data` with the part `file` and the other fields as parts. A task, a project or a document has at most 500; files count against the `storage_limit` of the project. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, TASK_NOT_FOUND, PROJECT_NOT_FOUND, RESOURCE_LIMIT_EXCEEDED, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  create(body: CreateLink, options?: RequestOptions): Promise<Attachment> {
    return this.api.call({ method: 'POST', path: '/attachments', body, options });
  }

  /**
   * Show an attachment.
   * Its name, size and hash, or where a link leads. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(attachmentId: string, options?: RequestOptions): Promise<Attachment> {
    return this.api.call({
      method: 'GET',
      path: '/attachments/{attachmentId}',
      parameters: { attachmentId },
      options,
    });
  }

  /**
   * Remove an attachment.
   * Your own, or any as an owner of the project. The file is gone. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_ARCHIVED
   */
  delete(attachmentId: string, options?: RequestOptions): Promise<Deleted> {
    return this.api.call({
      method: 'DELETE',
      path: '/attachments/{attachmentId}',
      parameters: { attachmentId },
      options,
    });
  }

  /**
   * Download an attached file.
   * The bytes as they were sent. They are offered for saving, but for PNG, JPEG, GIF and WebP images, which a browser may show. A link has no content (409). The download is cut off when the right to it ends. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * The answer is given as it comes: read its `body`, or all of it with `text()`.
   * @throws {ApiError} RESOURCE_NOT_FOUND, ATTACHMENT_IS_LINK
   */
  content(attachmentId: string, options?: RequestOptions): Promise<Response> {
    return this.api.raw({
      method: 'GET',
      path: '/attachments/{attachmentId}/content',
      parameters: { attachmentId },
      options,
    });
  }
}
