import { Injectable } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { Actors } from '../auth/actors.js';
import { callAt } from '../common/call-at.js';
import { endOf, isOf, type Actor } from '../common/permissions.js';
import { Bus } from '../infra/bus.js';
import { Events } from '../infra/events.js';
import type { AttachmentView } from './attachments.schema.js';
import { AttachmentsService } from './attachments.service.js';

interface Download {
  actor: Actor;
  attachment: Pick<AttachmentView, 'id' | 'project_id'>;
  end: () => void;
}

/** Ends downloads of attached files when their readers lose the right to them, as `OutputWatch` does with output. */
@Injectable()
export class DownloadWatch {
  private readonly downloads = new Set<Download>();

  constructor(
    private readonly actors: Actors,
    private readonly attachments: AttachmentsService,
    events: Events,
    bus: Bus,
  ) {
    events.on('user.changed', ({ user_id }) => void this.recheck(({ actor }) => isOf(actor, user_id)));
    events.on(
      'project.changed',
      ({ project_id }) => void this.recheck(({ attachment }) => attachment.project_id === project_id),
    );
    // events may have been lost
    bus.onOutage(() => void this.recheck(() => true));
  }

  /**
   * Watches a download until the signal is aborted.
   * @param end called when its reader has lost the right to it, or the token that opened it has expired
   */
  async follow(
    actor: Actor,
    attachment: Download['attachment'],
    end: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return;
    const download = { actor, attachment, end };
    this.downloads.add(download);
    const expiry = endOf(actor);
    const cancel = expiry ? callAt(expiry, end) : undefined;
    signal.addEventListener(
      'abort',
      () => {
        cancel?.();
        this.downloads.delete(download);
      },
      { once: true },
    );
    // the right may have ended since the request was authenticated
    await this.check(download);
  }

  private async recheck(isAffected: (download: Download) => boolean): Promise<void> {
    // deferred until the other listeners have removed the changed user or project from their caches
    await setImmediate();
    for (const download of this.downloads) if (isAffected(download)) await this.check(download);
  }

  private async check(download: Download): Promise<void> {
    try {
      download.actor = await this.actors.renew(download.actor);
      await this.attachments.get(download.actor, download.attachment.id);
    } catch {
      // a download is ended also when the right cannot be checked, such as without the database
      download.end();
    }
  }
}
