import { holdAddress, urlOf } from './address.js';
import { openFolder } from './folder.js';
import { superuser } from './initdb.js';
import { PostgresSupervisor } from './supervisor.js';
import { trimLiveLog, type EmbeddedPostgresLog } from './log.js';
import { databaseName } from './usage-connection.js';

/** A Postgres of our own that is up, and stays up until `stop`. */
export interface EmbeddedPostgres {
  /**
   * `postgres://millrace:…@%2Ffolder%2Fof%2Fthe%2Fsocket:5432/millrace`, with the password of its superuser: never log it or hand it
   * to a command. It holds in this process, and in others only where the path of the socket is not too long.
   */
  readonly url: string;
  /** True when it was running already, started by another process or left by a crash. */
  readonly adopted: boolean;
  /**
   * Resolves when Postgres is up; restarts it if it has died. It is restarted without this call too, as soon
   * as its death is noticed: this is for callers that want to wait for that, such as a pool after a failed connection.
   */
  ensureRunning(): Promise<void>;
  /**
   * Says that this process is done with it, and stops it unless another Millrace process uses it. Close all connections first
   * (a fast shutdown cuts them). Resolves when it is gone, or left to the others. A second call waits for the first.
   */
  stop(): Promise<void>;
}

const logCheckMilliseconds = 60_000;

/**
 * Gives this process the Postgres whose data is in `<dataDir>/postgres`: makes it on the first start, starts it when it is
 * down, adopts it when it runs. Any number of processes on one host may do so at once, with one `dataDir`.
 *
 * @param options `tcpPort` is a port of 127.0.0.1 that `url` names instead of the socket: for tests and benchmarks, whose servers may run
 * as others than the user of Postgres
 * @throws {EmbeddedPostgresError} with a `code` and a message for the operator.
 */
export async function startEmbeddedPostgres(options: {
  dataDir: string;
  log: EmbeddedPostgresLog;
  tcpPort?: number;
}): Promise<EmbeddedPostgres> {
  const folder = await openFolder(options.dataDir);
  const address = holdAddress(folder, options.tcpPort);
  const supervisor = new PostgresSupervisor(folder, address, options.log);
  const { password, adopted } = await supervisor.start().catch((error: unknown) => {
    address.release();
    throw error;
  });
  const logCheck = setInterval(
    () => void trimLiveLog(folder.log).catch(() => undefined),
    logCheckMilliseconds,
  ).unref();
  let stopping: Promise<void> | undefined;
  return {
    url: urlOf(address, superuser, password, databaseName),
    adopted,
    ensureRunning: () => supervisor.ensureRunning(),
    stop: () => {
      clearInterval(logCheck);
      stopping ??= supervisor.stop().finally(address.release);
      return stopping;
    },
  };
}
