/**
 * The launcher process. It starts commands for its worker, with a small heap since spawning slows down with the memory of the parent.
 * It ends everything that it started when the worker's channel closes, however the worker ended, or when the heartbeats of the worker
 * stop. Where Millrace was started as root, only the launcher and the supervisor keep root rights.
 *
 * It is started with a `LauncherPolicy` as JSON in its only argument, and with its end of the socket pair as descriptor 3.
 */
import { Socket } from 'node:net';
import { Channel } from './channel.js';
import { logError } from './log-error.js';
import { FifoPool } from './fifo-pool.js';
import { closeInheritedDescriptors } from './inherited-descriptors.js';
import { tryIsolation } from './try-isolation.js';
import { LaunchError } from './launch-error.js';
import { probeMarkMethod } from './mark-method.js';
import type { LauncherMessage, WorkerMessage } from './messages.js';
import { creatorsOfIpcObjects, removeIpcObjects } from './ipc-objects.js';
import { ownersOfMessageQueues, removeMessageQueues } from './message-queues.js';
import { endOrphans } from './orphans.js';
import { OutputRelays } from './output-relays.js';
import { assertTrusted, type LauncherPolicy } from './policy.js';
import { ownIdentity } from './processes/identity.js';
import { Runs } from './runs.js';
import { ScriptFiles } from './script-files.js';
import { removeWorkspace } from './workspaces.js';
import { HeartbeatMonitor } from './heartbeat-monitor.js';

const CHANNEL = 3;

const policy = JSON.parse(process.argv[2] ?? '{}') as LauncherPolicy;
// A signal to the process group of the terminal or the supervisor is handled by the worker, which then closes the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGTSTP'] as const)
  process.on(signal, () => {});
closeInheritedDescriptors(CHANNEL);
process.umask(0o022);

const { runFolder, users, outerToken, keyrings = 'inherited' } = policy;
assertTrusted(runFolder, process.getuid?.() ?? 0);
if (users) assertTrusted(users.workspaceRoot, 0);
const self = ownIdentity();
const markMethod = probeMarkMethod(self);
const relays = OutputRelays.start(policy.worker);
const pool = new FifoPool(policy, self, relays !== undefined);
const scripts = new ScriptFiles(policy, self);
const runs = new Runs(self, markMethod, { fifos: pool, relays, scripts }, users, report);
// the worker gets no reports after that and regards the launcher as lost
const heartbeats = new HeartbeatMonitor(() => channel.close());
const channel = new Channel<WorkerMessage, LauncherMessage>(
  new Socket({ fd: CHANNEL, readable: true, writable: true, allowHalfOpen: true }),
  (message) =>
    // a message that fails must not end the runs of others
    void handle(message).catch((error: unknown) => logError('The launcher failed an order', error)),
);

function report(message: LauncherMessage): void {
  channel.send(message);
}

async function handle(message: WorkerMessage): Promise<void> {
  switch (message.type) {
    case 'launch':
      return runs.launch(message);
    case 'terminate':
      return runs.terminate(message.run, message.graceMs);
    case 'heartbeat':
      return heartbeats.onHeartbeat(message.timeoutMs);
    case 'make-fifos':
      return pool.make().then(
        (fifos) => report({ type: 'fifos', directory: pool.directory, fifos }),
        (error: unknown) =>
          report({ type: 'fifos', directory: pool.directory, fifos: [], error: String(error) }),
      );
    case 'try-isolation': {
      const refusal = await tryIsolation(message, users);
      return report({ type: 'isolation-tried', refusal: refusal && asMessage(refusal) });
    }
    case 'remove-workspace':
      return removeWorkspace(message.workspace, users);
    case 'end-orphans': {
      const ended = await sweep().catch((error: unknown) => {
        logError('The launcher could not look for orphans', error);
        return 0;
      });
      return report({ type: 'orphans-ended', ended });
    }
  }
}

async function sweep(): Promise<number> {
  const alone = runs.isEmpty && pool.isAlone();
  const isOrphanUser = (user: number): boolean =>
    users !== undefined && alone && user >= users.first && user < users.first + users.count;
  const ended = await endOrphans(self, outerToken, isOrphanUser);
  if (users !== undefined && alone) await removeLeftObjects(isOrphanUser);
  pool.removeStale();
  return ended;
}

/** Removes the IPC objects that the runs of dead launchers have left, which outlive all processes. */
async function removeLeftObjects(isOrphanUser: (user: number) => boolean): Promise<void> {
  try {
    for (const user of await creatorsOfIpcObjects(isOrphanUser)) await removeIpcObjects(user);
    for (const user of await ownersOfMessageQueues(isOrphanUser)) await removeMessageQueues(user);
  } catch (error) {
    logError('The launcher could not remove the IPC objects of earlier runs', error);
  }
}

const asMessage = ({ code, message, errno }: LaunchError) => ({ code, message, errno });

void channel.ended.then(async () => {
  await runs.close();
  pool.remove();
  scripts.remove();
  process.exit(0);
});
report({
  type: 'ready',
  mark: markMethod.kind,
  keyrings,
  isRelayed: relays !== undefined,
  directory: pool.directory,
  fifos: await pool.make(),
});
