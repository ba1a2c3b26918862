import { setTimeout as delay } from 'node:timers/promises';
import { prepareBinaries } from './binaries.js';
import { codeOf, EmbeddedPostgresError } from './errors.js';
import { chooseUser, hasDatabase, readPassword, type PostgresFolder } from './folder.js';
import { initDatabase, removeHalfMade } from './initdb.js';
import { launch } from './launch.js';
import { withLock } from './lock.js';
import type { EmbeddedPostgresLog } from './log.js';
import { choosePort, keepPort } from './port.js';
import { Presence, type ServerAddress } from './presence.js';
import { socketHost } from './socket.js';
import {
  findPostmaster,
  killRemainder,
  settledPostmaster,
  stopPostmaster,
  type Postmaster,
} from './postmaster.js';

/** What a start came to. */
export interface Started {
  port: number;
  password: string;
  adopted: boolean;
}

/** Keeps the Postgres of one folder up for one process, from {@link start} to {@link stop}. */
export class PostgresSupervisor {
  private presence: Presence | null = null;
  private port: number | undefined;
  private password: string | undefined;
  private stopping: Promise<void> | null = null;
  private bringingUp: Promise<Started> | null = null;

  constructor(
    private readonly folder: PostgresFolder,
    private readonly log: EmbeddedPostgresLog,
    private readonly onLoopback = false,
  ) {}

  /** Makes, starts or adopts the Postgres, and stays connected to it. */
  async start(): Promise<Started> {
    if (this.stopping)
      throw new EmbeddedPostgresError('STOPPED', 'This process has already left the embedded Postgres.');
    this.bringingUp ??= withLock(this.folder.lock, (fd) => this.bringUp(fd)).finally(
      () => (this.bringingUp = null),
    );
    return this.bringingUp;
  }

  /** Brings Postgres back, on the port it had, when it is not up. */
  async ensureRunning(): Promise<void> {
    if (this.stopping || !(await this.isUp())) await this.start();
  }

  private async isUp(): Promise<boolean> {
    if (!this.presence?.isConnected || this.port === undefined || this.password === undefined) return false;
    if ((await findPostmaster(this.folder.data))?.status !== 'ready') return false;
    // Backends answer for a moment after their postmaster was killed: only a new connection proves that it lives.
    return Presence.canConnect(this.addressOf(this.port), this.password);
  }

  /** Leaves, and stops Postgres when no other process is present. Returns when it is gone. */
  async stop(): Promise<void> {
    this.stopping ??= this.leave();
    return this.stopping;
  }

  private async leave(): Promise<void> {
    await this.bringingUp?.catch(() => undefined);
    await withLock(this.folder.lock, async () => {
      const running = await settledPostmaster(this.folder.data);
      if (running === null) return killRemainder(this.folder.data);
      const isLast = await this.isLast(running.port);
      await this.presence?.end();
      if (isLast) await stopPostmaster(this.folder.data, running.pid);
    });
  }

  private async isLast(port: number): Promise<boolean> {
    if (this.password === undefined) return false;
    try {
      if (!this.presence?.isConnected)
        this.presence = await Presence.open(this.addressOf(port), this.password, () => undefined);
      return await this.presence.isLast();
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
    const user = await chooseUser(folder);
    const binaries = await prepareBinaries(user, folder.root);
    const isNew = !(await hasDatabase(folder, binaries.major));
    const password = await readPassword(folder, isNew);
    if (isNew) {
      this.log.info(`Making a Postgres ${binaries.major} database in ${folder.data}`);
      await initDatabase(folder, binaries, user, password, lockDescriptor);
    }

    for (let attempt = 1; ; attempt++) {
      const running = await this.findRunning();
      const port = running?.port ?? this.port ?? (await choosePort(folder.portFile));
      try {
        if (this.port !== undefined && port !== this.port) throw portChanged(this.port, port);
        if (running === null) await launch(folder, binaries, user, { port, onLoopback: this.onLoopback });
        await keepPort(folder.portFile, port);
        await this.join(port, password, running === null);
        this.log.info(`Embedded Postgres ${running ? 'found running' : 'started'} in ${folder.data}`);
        return { port, password, adopted: running !== null };
      } catch (error) {
        const mayChoose = codeOf(error) === 'PORT_TAKEN' && this.port === undefined;
        // The one that we found may have been dying.
        const maySettle = running !== null && !(error instanceof EmbeddedPostgresError);
        if ((!mayChoose && !maySettle) || attempt === 5) throw error;
        if (maySettle) await delay(50 * attempt);
      }
    }
  }

  /** One of a version before, which was left by a crash, is stopped: any command can reach its port. */
  private async findRunning(): Promise<Postmaster | null> {
    const running = await settledPostmaster(this.folder.data);
    if (running === null || running.hasSocket) return running;
    await stopPostmaster(this.folder.data, running.pid);
    return null;
  }

  private addressOf(port: number): ServerAddress {
    return { host: socketHost(this.folder), port };
  }

  private async join(port: number, password: string, startedByUs: boolean): Promise<void> {
    try {
      const former = this.presence;
      this.presence = await Presence.open(
        this.addressOf(port),
        password,
        (presence) => void this.recover(presence),
      );
      await former?.end();
      this.port = port;
      this.password = password;
    } catch (error) {
      // Nobody else can have joined while we hold the lock.
      const running = startedByUs ? await findPostmaster(this.folder.data) : null;
      if (running) await stopPostmaster(this.folder.data, running.pid);
      throw error;
    }
  }

  private async recover(lost: Presence): Promise<void> {
    for (let attempt = 1; !this.stopping && this.presence === lost; attempt++) {
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

function portChanged(mine: number, theirs: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'PORT_TAKEN',
    `Another process has restarted Postgres on port ${theirs} because port ${mine} was taken. Restart this process to use it.`,
  );
}
