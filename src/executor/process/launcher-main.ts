/**
 * The launcher process: it starts commands for its worker, with a small heap (spawning slows with the parent's
 * memory), and ends all it started when the worker's channel closes, however the worker came to its end, or when the worker
 * has been silent for longer than it said.
 * Started by `LauncherConnection` with the folder for FIFOs and the worker's own MILLRACE_LAUNCHER as arguments.
 */
import { FifoPool, removeStaleFolders } from './fifo-pool.js';
import { ownIdentity } from './identity.js';
import { closeInheritedDescriptors } from './inherited-descriptors.js';
import { probeMarker } from './marker.js';
import type { LauncherMessage, WorkerMessage } from './messages.js';
import { endOrphans } from './orphans.js';
import { RunDesk } from './run-desk.js';
import { SilenceWatch } from './silence-watch.js';

const [base = '/tmp', outerToken] = process.argv.slice(2);
// A signal to the terminal's or the supervisor's group is the worker's to act upon.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGTSTP'] as const)
  process.on(signal, () => {});
closeInheritedDescriptors();
process.umask(0o022);

const self = ownIdentity();
const marker = probeMarker(self);
const pool = new FifoPool(base, self);
const desk = new RunDesk(self, marker, report);
// what happens from then on is not told: to the worker it is a launcher that was lost
const watch = new SilenceWatch(() => process.disconnect());

function report(message: LauncherMessage): void {
  // The worker may be gone at any time; then nobody wants to know.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function close(): Promise<void> {
  await desk.close();
  pool.remove();
  process.exit(0);
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
    case 'end-orphans': {
      const ended = await endOrphans(self, outerToken);
      removeStaleFolders(base, self);
      return report({ type: 'orphans-ended', ended });
    }
  }
}

process.once('disconnect', () => void close());
process.on('message', (message) => void handle(message as WorkerMessage));
const fifos = await pool.make();
report({ type: 'ready', mark: marker.kind, directory: pool.directory, fifos });
// The worker may have died before there was anyone to hear of it.
if (!process.connected) void close();
