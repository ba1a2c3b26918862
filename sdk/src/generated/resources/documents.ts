// Generated from openapi/openapi.json by `npm run sdk:write`. Do not edit.
import type { Api } from '../../http/api.js';
import type { Listing } from '../../http/listing.js';
import type { RequestOptions } from '../../http/request-options.js';
import type {
  AppendToDocument,
  AttachmentPage,
  Deleted,
  Document,
  DocumentVersion,
  DocumentVersionPage,
  DocumentsListDocumentAttachmentsQuery,
  DocumentsListVersionsQuery,
  UpdateDocument,
} from '../types.js';

/** Plans of tasks, docs and memory of projects, with their versions */
export class DocumentsResource {
  constructor(protected readonly api: Api) {}

  /**
   * Show a document.
   * A plan, a doc or a note to remember, with its whole text. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  get(documentId: string, options?: RequestOptions): Promise<Document> {
    return this.api.call({
      method: 'GET',
      path: '/documents/{documentId}',
      parameters: { documentId },
      options,
    });
  }

  /**
   * Change a document.
   * Only the given fields are changed. Plans and docs keep every version with its `change_note`; only notes to remember have tags. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, VERSION_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  update(documentId: string, body: UpdateDocument, options?: RequestOptions): Promise<Document> {
    return this.api.call({
      method: 'PUT',
      path: '/documents/{documentId}',
      parameters: { documentId },
      body,
      options,
    });
  }

  /**
   * Delete a document.
   * With all its versions, for good. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  delete(documentId: string, options?: RequestOptions): Promise<Deleted> {
    return this.api.call({
      method: 'DELETE',
      path: '/documents/{documentId}',
      parameters: { documentId },
      options,
    });
  }

  /**
   * Add to a document.
   * Adds the text behind a new line, without knowing what is there: what others add at the same time stays. Scopes, one of: `tasks.write`.
   * @throws {ApiError} PROJECT_ACCESS_DENIED, RESOURCE_NOT_FOUND, IDEMPOTENCY_CONFLICT, PROJECT_ARCHIVED, PROJECT_LIMIT_EXCEEDED
   */
  append(documentId: string, body: AppendToDocument, options?: RequestOptions): Promise<Document> {
    return this.api.call({
      method: 'POST',
      path: '/documents/{documentId}/append',
      parameters: { documentId },
      body,
      options,
    });
  }

  /**
   * List the attachments of a document.
   * Files and links, the newest first. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listDocumentAttachments(
    documentId: string,
    query?: DocumentsListDocumentAttachmentsQuery,
    options?: RequestOptions,
  ): Listing<AttachmentPage, 'items'> {
    return this.api.list(
      {
        method: 'GET',
        path: '/documents/{documentId}/attachments',
        parameters: { documentId },
        query,
        options,
      },
      'items',
    );
  }

  /**
   * List the versions of a document.
   * Of a plan or a doc, the newest first, without their texts. Notes to remember keep none. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * Awaited it is one page; `for await` goes through all items of all pages.
   * @throws {ApiError} RESOURCE_NOT_FOUND, ANSWER_TOO_LARGE
   */
  listVersions(
    documentId: string,
    query?: DocumentsListVersionsQuery,
    options?: RequestOptions,
  ): Listing<DocumentVersionPage, 'items'> {
    return this.api.list(
      { method: 'GET', path: '/documents/{documentId}/versions', parameters: { documentId }, query, options },
      'items',
    );
  }

  /**
   * Show a version of a document.
   * Returns its title and text as they were. Scopes, one of: `tasks.read`, `tasks.write`, `execute`.
   * @throws {ApiError} RESOURCE_NOT_FOUND
   */
  getVersion(documentId: string, version: string, options?: RequestOptions): Promise<DocumentVersion> {
    return this.api.call({
      method: 'GET',
      path: '/documents/{documentId}/versions/{version}',
      parameters: { documentId, version },
      options,
    });
  }
}
