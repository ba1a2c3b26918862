import { Injectable } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { Actors } from '../auth/actors.js';
import { callAt } from '../common/call-at.js';
import { endOf, isOf, type Actor } from '../common/permissions.js';
import { Bus } from '../infra/bus.js';
import { Events } from '../infra/events.js';

/** What is downloaded from a project. */
export interface Downloaded {
  project_id: string;
  /** Checks that the actor may still read it, or throws. */
  check: (actor: Actor) => Promise<unknown>;
}

interface Download extends Downloaded {
  actor: Actor;
  end: () => void;
}

/** Ends downloads of what is in projects when their readers lose the right to it, as `OutputWatch` does with output. */
@Injectable()
export class DownloadWatch {
  private readonly downloads = new Set<Download>();

  constructor(
    private readonly actors: Actors,
    events: Events,
    bus: Bus,
  ) {
    events.on('user.changed', ({ user_id }) => void this.recheck(({ actor }) => isOf(actor, user_id)));
    events.on(
      'project.changed',
      ({ project_id }) => void this.recheck((download) => download.project_id === project_id),
    );
    // events may have been lost
    bus.onOutage(() => void this.recheck(() => true));
  }

  /**
   * Watches a download until the signal is aborted.
   * @param end called when its reader has lost the right to it, or the token that opened it has expired
   */
  async follow(actor: Actor, downloaded: Downloaded, end: () => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const download = { ...downloaded, actor, end };
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
      await download.check(download.actor);
    } catch {
      // a download is ended also when the right cannot be checked, such as without the database
      download.end();
    }
  }
}
