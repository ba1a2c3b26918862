import { AttachmentsResource } from '../generated/resources/attachments.js';
import type { Attachment, CreateLink } from '../generated/types.js';
import type { RequestOptions } from '../http/request-options.js';

/** What a file is attached to, and its name: that of a `File` unless given. */
export type FileLink = Pick<CreateLink, 'linkedType' | 'linkedId' | 'name'>;

/** Files and links of tasks, projects and documents. */
export class Attachments extends AttachmentsResource {
  /**
   * Attaches a file of at most 10 MiB.
   *
   *     await client.attachments.upload(new Blob([bytes]), { linkedType: 'task', linkedId: 'SHOP-42', name: 'log.txt' });
   * @throws ApiError PAYLOAD_TOO_LARGE, RESOURCE_LIMIT_EXCEEDED, PROJECT_LIMIT_EXCEEDED, and those of `create`
   */
  upload(
    file: Blob,
    { linkedType, linkedId, name }: FileLink,
    options?: RequestOptions,
  ): Promise<Attachment> {
    const body = new FormData();
    body.set('linked_type', linkedType);
    body.set('linked_id', linkedId);
    if (name !== undefined) body.set('name', name);
    body.set('file', file, file instanceof File ? file.name : (name ?? 'file'));
    return this.api.call({ method: 'POST', path: '/attachments', body, options });
  }
}
