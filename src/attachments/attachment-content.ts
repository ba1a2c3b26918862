import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AppError } from '../common/errors.js';
import type { Actor } from '../common/permissions.js';
import { closedSignal } from '../http/on-closed.js';
import { sendStoredFile } from '../http/stored-file.js';
import { Database } from '../infra/database.js';
import { DownloadWatch } from '../projects/download-watch.js';
import { RequestTurns } from '../request-limits/request-turns.js';
import { readPart } from './attachments.queries.js';
import { AttachmentsService } from './attachments.service.js';

/** Sends the content of attached files. */
@Injectable()
export class AttachmentContent {
  constructor(
    private readonly database: Database,
    private readonly attachments: AttachmentsService,
    private readonly turns: RequestTurns,
    private readonly watch: DownloadWatch,
  ) {}

  /**
   * Sends a file as long as the actor may read it; then the connection is cut, by which alone a client can see that the rest is missing.
   * @throws RESOURCE_NOT_FOUND, ATTACHMENT_IS_LINK
   */
  async send(reply: FastifyReply, actor: Actor, attachmentId: string): Promise<void> {
    const attachment = await this.turns.take(actor, () => this.attachments.get(actor, attachmentId));
    const { id, name, url, size } = attachment;
    if (url !== null) throw new AppError('ATTACHMENT_IS_LINK', { attachment_id: id, url });
    const check = (reader: Actor) => this.attachments.get(reader, id);
    const downloaded = { project_id: attachment.project_id, check };
    await this.watch.follow(actor, downloaded, () => reply.raw.destroy(), closedSignal(reply.raw));
    const read = (part: number) => this.turns.take(actor, () => readPart(this.database, id, part));
    if (!(await sendStoredFile(reply, { name, size, read })))
      throw new AppError('RESOURCE_NOT_FOUND', { attachment_id: id });
  }
}
