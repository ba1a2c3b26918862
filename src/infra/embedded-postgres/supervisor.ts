import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listensAt, type ServerAddress } from './address.js';
import { prepareBinaries } from './binaries.js';
import { EmbeddedPostgresError } from './errors.js';
import { chooseUser, hasDatabase, readPassword, type PostgresFolder } from './folder.js';
import { initDatabase, removeHalfMade } from './initdb.js';
import { launch } from './launch.js';
import { withLock } from './lock.js';
import type { EmbeddedPostgresLog } from './log.js';
import { UsageConnection } from './usage-connection.js';
import {
  findPostmaster,
  killRemainder,
  settledPostmaster,
  stopPostmaster,
  type Postmaster,
} from './postmaster.js';

/** The result of a start. */
export interface Started {
  password: string;
  adopted: boolean;
}

/** Keeps the Postgres of one folder running for one process, from {@link start} to {@link stop}. */
export class PostgresSupervisor {
  private usage: UsageConnection | null = null;
  private password: string | undefined;
  private stopping: Promise<void> | null = null;
  private bringingUp: Promise<Started> | null = null;

  constructor(
    private readonly folder: PostgresFolder,
    private readonly address: ServerAddress,
    private readonly log: EmbeddedPostgresLog,
  ) {}

  /** Creates, starts or adopts Postgres, and stays connected to it. */
  async start(): Promise<Started> {
    if (this.stopping)
      throw new EmbeddedPostgresError('STOPPED', 'This process has already left the embedded Postgres.');
    this.bringingUp ??= withLock(this.folder.lock, (fd) => this.bringUp(fd)).finally(
      () => (this.bringingUp = null),
    );
    return this.bringingUp;
  }

  /** Restarts Postgres when it is down. */
  async ensureRunning(): Promise<void> {
    if (this.stopping || !(await this.isUp())) await this.start();
  }

  private async isUp(): Promise<boolean> {
    if (!this.usage?.isConnected || this.password === undefined) return false;
    if ((await findPostmaster(this.folder.data))?.status !== 'ready') return false;
    // Backends respond for a moment after their postmaster was killed; only a new connection proves that it lives.
    return UsageConnection.canConnect(this.address, this.password);
  }

  /** Ends the use of Postgres, and stops it when no other process uses it. Returns when it has stopped. */
  async stop(): Promise<void> {
    this.stopping ??= this.leave();
    return this.stopping;
  }

  private async leave(): Promise<void> {
    await this.bringingUp?.catch(() => undefined);
    await withLock(this.folder.lock, async () => {
      const running = await settledPostmaster(this.folder.data);
      if (running === null) return killRemainder(this.folder.data);
      const isLast = await this.isLast();
      await this.usage?.end();
      if (isLast) await stopPostmaster(this.folder.data, running.pid);
    });
  }

  private async isLast(): Promise<boolean> {
    if (this.password === undefined) return false;
    try {
      if (!this.usage?.isConnected)
        this.usage = await UsageConnection.open(this.address, this.password, () => undefined);
      return await this.usage.isLast();
    } catch (error) {
      this.log.warn(
        `Embedded Postgres was left running, since it could not be asked who else uses it: ${(error as Error).message}`,
      );
      return false;
    }
  }

  private async bringUp(lockDescriptor: number): Promise<Started> {
    const { folder } = this;
    await removeHalfMade(folder);
    // Previous versions stored their port there.
    await rm(join(folder.root, 'postgres.port'), { force: true });
    const user = await chooseUser(folder);
    const binaries = await prepareBinaries(user, folder.root);
    const isNew = !(await hasDatabase(folder, binaries.major));
    const password = await readPassword(folder, isNew);
    if (isNew) {
      this.log.info(`Making a Postgres ${binaries.major} database in ${folder.data}`);
      await initDatabase(folder, binaries, user, password, lockDescriptor);
    }

    for (let attempt = 1; ; attempt++) {
      const running = await this.findUsable();
      try {
        if (running === null) await launch(folder, binaries, user, this.address);
        await this.join(password, running === null);
        this.log.info(`Embedded Postgres ${running ? 'found running' : 'started'} in ${folder.data}`);
        return { password, adopted: running !== null };
      } catch (error) {
        // The Postgres that was found running may have been stopping.
        const maySettle = running !== null && !(error instanceof EmbeddedPostgresError);
        if (!maySettle || attempt === 5) throw error;
        await delay(50 * attempt);
      }
    }
  }

  /** Returns the running Postgres if it listens at the expected address. A previous version's, which does not, is stopped. */
  private async findUsable(): Promise<Postmaster | null> {
    const running = await settledPostmaster(this.folder.data);
    if (running === null || (await listensAt(running, this.address))) return running;
    this.log.warn(
      `The Postgres that runs in ${this.folder.data} does not listen where this version looks for it; starting it anew`,
    );
    await stopPostmaster(this.folder.data, running.pid);
    return null;
  }

  private async join(password: string, startedByUs: boolean): Promise<void> {
    try {
      const former = this.usage;
      this.usage = await UsageConnection.open(this.address, password, (usage) => void this.recover(usage));
      await former?.end();
      this.password = password;
    } catch (error) {
      // No other process can use it yet, since the lock is held.
      const running = startedByUs ? await findPostmaster(this.folder.data) : null;
      if (running) await stopPostmaster(this.folder.data, running.pid);
      throw error;
    }
  }

  private async recover(lost: UsageConnection): Promise<void> {
    for (let attempt = 1; !this.stopping && this.usage === lost; attempt++) {
      this.log.warn('The connection to the embedded Postgres was lost; bringing it back');
      try {
        await this.ensureRunning();
      } catch (error) {
        if (!this.stopping)
          this.log.error(`Embedded Postgres is still down (attempt ${attempt}): ${(error as Error).message}`);
        await delay(Math.min(1000 * attempt, 10_000), undefined, { ref: false });
      }
    }
  }
}
