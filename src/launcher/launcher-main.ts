/**
 * The launcher process: it starts commands for its worker, with a small heap (spawning slows with the parent's
 * memory), and ends all it started when the worker's channel closes, however the worker came to its end, or when the worker
 * has been silent for longer than it said. Where Millrace was started as root, it and the supervisor alone are still root.
 *
 * Started with a `LauncherPolicy` as JSON in its only argument, and its end of the socket pair as descriptor 3.
 */
import { Socket } from 'node:net';
import { Channel } from './channel.js';
import { complain } from './complain.js';
import { FifoPool } from './fifo-pool.js';
import { closeInheritedDescriptors } from './inherited-descriptors.js';
import { tryIsolation } from './isolation-trial.js';
import { LaunchError } from './launch-error.js';
import { probeMarker } from './marker.js';
import type { LauncherMessage, WorkerMessage } from './messages.js';
import { endOrphans } from './orphans.js';
import { OutputRelays } from './output-relays.js';
import { assertTrusted, type LauncherPolicy } from './policy.js';
import { ownIdentity } from './processes/identity.js';
import { RunDesk } from './run-desk.js';
import { ScriptFiles } from './script-files.js';
import { SilenceWatch } from './silence-watch.js';

const CHANNEL = 3;

const policy = JSON.parse(process.argv[2] ?? '{}') as LauncherPolicy;
// A signal to the terminal's or the supervisor's group is the worker's to act upon.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGTSTP'] as const)
  process.on(signal, () => {});
closeInheritedDescriptors(CHANNEL);
process.umask(0o022);

const { runFolder, users, outerToken, keyrings = 'inherited' } = policy;
assertTrusted(runFolder, process.getuid?.() ?? 0);
if (users) assertTrusted(users.workspaceRoot, 0);
const self = ownIdentity();
const marker = probeMarker(self);
const relays = OutputRelays.start(policy.worker);
const pool = new FifoPool(policy, self, relays !== undefined);
const scripts = new ScriptFiles(policy, self);
const desk = new RunDesk(self, marker, { fifos: pool, relays, scripts }, users, report);
// what happens from then on is not told: to the worker it is a launcher that was lost
const watch = new SilenceWatch(() => channel.close());
const channel = new Channel<WorkerMessage, LauncherMessage>(
  new Socket({ fd: CHANNEL, readable: true, writable: true, allowHalfOpen: true }),
  (message) =>
    // one order that goes wrong must not end the runs of the others
    void handle(message).catch((error: unknown) => complain('The launcher failed an order', error)),
);

function report(message: LauncherMessage): void {
  channel.send(message);
}

async function handle(message: WorkerMessage): Promise<void> {
  switch (message.type) {
    case 'launch':
      return desk.launch(message);
    case 'terminate':
      return desk.terminate(message.run, message.graceMs);
    case 'alive':
      return watch.heard(message.forMs);
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
    case 'end-orphans': {
      const ended = await sweep().catch((error: unknown) => {
        complain('The launcher could not look for orphans', error);
        return 0;
      });
      return report({ type: 'orphans-ended', ended });
    }
  }
}

async function sweep(): Promise<number> {
  const alone = desk.isEmpty && pool.isAlone();
  const ended = await endOrphans(
    self,
    outerToken,
    (user) => users !== undefined && alone && user >= users.first && user < users.first + users.count,
  );
  pool.removeStale();
  return ended;
}

const asMessage = ({ code, message, errno }: LaunchError) => ({ code, message, errno });

void channel.ended.then(async () => {
  await desk.close();
  pool.remove();
  scripts.remove();
  process.exit(0);
});
report({
  type: 'ready',
  mark: marker.kind,
  keyrings,
  isRelayed: relays !== undefined,
  directory: pool.directory,
  fifos: await pool.make(),
});
