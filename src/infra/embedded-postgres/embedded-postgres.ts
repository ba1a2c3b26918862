import { holdAddress, urlOf } from './address.js';
import { openFolder } from './folder.js';
import { superuser } from './initdb.js';
import { PostgresSupervisor } from './supervisor.js';
import { trimLiveLog, type EmbeddedPostgresLog } from './log.js';
import { databaseName } from './usage-connection.js';

/** A running embedded Postgres, which is kept running until `stop`. */
export interface EmbeddedPostgres {
  /**
   * The URL `postgres://millrace:…@%2Ffolder%2Fof%2Fthe%2Fsocket:5432/millrace` with the password of the superuser: never log it or pass
   * it to a command. It is valid in this process, and in others only where the path of the socket is not too long.
   */
  readonly url: string;
  /** Whether Postgres was running already, started by another process or left by a crash. */
  readonly adopted: boolean;
  /**
   * Resolves when Postgres runs, and restarts it if it has died. It is also restarted without this call when its death is noticed; the
   * call is for those who need to wait for that, such as a pool after a failed connection.
   */
  ensureRunning(): Promise<void>;
  /**
   * Ends the use of Postgres by this process, and stops it unless another Millrace process uses it. Close all connections first, since a
   * fast shutdown cuts them. Resolves when Postgres has stopped or is left to the others. A second call waits for the first.
   */
  stop(): Promise<void>;
}

const logCheckMilliseconds = 60_000;

/**
 * Returns the embedded Postgres with its data in `<dataDir>/postgres`: creates it at the first start, starts it when it is down, and
 * adopts it when it runs. Any number of processes on one host may call this for one `dataDir` at the same time.
 *
 * @param options `tcpPort` is a port of 127.0.0.1 to use instead of the socket, for tests and benchmarks, whose servers may run as other
 * users than Postgres
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
