import { randomBytes } from 'node:crypto';
import type { Connection, Submittable } from 'pg';
import { Client } from 'pg';
import { BackupError, codeOf } from './backup-error.js';

/** A server and its superuser. */
export interface Server {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** The most bytes that wait to be written; Postgres pauses beyond. */
const mostPending = 4 * 1024 ** 2;

/**
 * Yields the data folder of a running Postgres as a tar archive, without its end: the replication command BASE_BACKUP, which is what
 * pg_basebackup uses (PostgreSQL documentation, "Streaming Replication Protocol"). Postgres itself begins and ends the backup, leaves out
 * what is not to be copied, adds `backup_label` and the WAL up to the end of the backup, and verifies the checksums of all pages. A
 * temporary replication slot of the same session keeps it from removing that WAL; it is gone when the connection ends, however that is.
 * @throws BackupError when Postgres cannot make the backup; what was yielded until then is worth nothing
 */
export async function* baseBackup(server: Server): AsyncGenerator<Buffer> {
  const client = new Client({
    ...server,
    ssl: false,
    // walsender mode, which has commands of its own instead of SQL
    replication: 'true',
    application_name: 'millrace-backup',
    connectionTimeoutMillis: 60_000,
  } as ConstructorParameters<typeof Client>[0]);
  client.on('error', () => undefined);
  await client.connect();
  try {
    const slot = `millrace_backup_${randomBytes(8).toString('hex')}`;
    await client.query(`CREATE_REPLICATION_SLOT ${slot} TEMPORARY PHYSICAL (RESERVE_WAL)`);
    const copy = new CopyOut(
      "BASE_BACKUP (LABEL 'millrace', CHECKPOINT 'fast', WAL true, MANIFEST 'no', VERIFY_CHECKSUMS true)",
    );
    client.query(copy);
    client.once('end', () => copy.fail(stopped()));
    yield* archivesOf(copy);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const stopped = (cause?: Error) =>
  new BackupError('Postgres was stopped meanwhile: make the backup again', { cause });

/** Says what to do about an error of Postgres. */
function explained(error: Error): Error {
  // admin_shutdown
  if (codeOf(error) === '57P01') return stopped(error);
  // data_corrupted
  if (codeOf(error) === 'XX001')
    return new BackupError(
      `Pages of the database are damaged: postgres.log in DATA_DIR names them. Look after the disk, and restore an earlier backup (${error.message})`,
      { cause: error },
    );
  return error;
}

/** The kinds of messages of BASE_BACKUP, by their first byte. */
const kinds = { newArchive: 0x6e, content: 0x64 };

/** Yields the content of the only archive: tablespaces, which would be others, are not used by Millrace. */
async function* archivesOf(copy: CopyOut): AsyncGenerator<Buffer> {
  let archives = 0;
  for await (const message of copy.messages()) {
    if (message[0] === kinds.newArchive) archives += 1;
    if (archives > 1)
      throw new BackupError(
        'This Postgres has tablespaces, which a backup cannot hold: use pg_basebackup of the same version',
      );
    if (message[0] === kinds.content) yield message.subarray(1);
  }
}

/** A command whose result is a COPY; the stream of the connection is paused while nobody takes the messages. */
class CopyOut implements Submittable {
  private readonly pending: Buffer[] = [];
  private pendingBytes = 0;
  private connection: Connection | undefined;
  private isOver = false;
  private error: Error | undefined;
  private wake = () => undefined as void;

  constructor(private readonly text: string) {}

  submit(connection: Connection): void {
    this.connection = connection;
    connection.query(this.text);
  }

  async *messages(): AsyncGenerator<Buffer> {
    for (;;) {
      const message = this.pending.shift();
      if (message) {
        this.pendingBytes -= message.length;
        if (this.pendingBytes <= mostPending / 2) this.connection?.stream.resume();
        yield message;
      } else if (this.error) {
        throw this.error;
      } else if (this.isOver) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.wake = resolve));
      }
    }
  }

  fail(error: Error): void {
    if (!this.isOver) this.error ??= error;
    this.wake();
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // the parser uses its buffer again
    this.pending.push(Buffer.from(chunk));
    this.pendingBytes += chunk.length;
    if (this.pendingBytes > mostPending) this.connection?.stream.pause();
    this.wake();
  }

  handleReadyForQuery(): void {
    this.isOver = true;
    this.wake();
  }

  handleError(error: Error): void {
    this.fail(explained(error));
  }

  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
}
