import { createRequire } from 'node:module';
import { createHash } from 'node:crypto';
import { chmodSync, constants, existsSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { launcherEntry } from '../launcher/spawn-launcher.js';
import { assertTrusted, type LauncherPolicy } from '../launcher/policy.js';
import { prepareBinaries } from '../infra/embedded-postgres/binaries.js';
import { ensureHostUser, findHostUser, listHostUsers, type HostUser } from '../infra/host-user.js';
import { commandUserIds, refuseTakenIds } from './command-user-ids.js';
import { canUse } from './can-use.js';
import { takeOver } from './take-over.js';

type Variables = Record<string, string | undefined>;

/** The users and folders that only root can make, and how the server and its launchers use them. */
export interface Host {
  /** The user of the server and the embedded Postgres. */
  user: HostUser;
  dataDir: { path: string };
  application: { main: string; launcher: string; node: string; options: string[] };
  /** Open descriptors of the application, the data and Node, which the server inherits as 5, 6 and 7 if it cannot access their paths. */
  descriptors: number[];
  policy: LauncherPolicy;
}

const FIRST_DESCRIPTOR = 5;
const DEFAULT_MAX_PROCESSES = 2048;

/** Makes the users and folders of an installation, as root. @throws Error that says what is wrong with the host */
export async function prepareHost(variables: Variables): Promise<Host> {
  const dataDir = resolve(variables['DATA_DIR'] || '.data');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const user = await takeOver(realpathSync(dataDir), variables['SERVICE_USER'] || 'millrace');
  const installation = createHash('sha256').update(dataDir).digest('hex');
  const name = installation.slice(0, 12);
  const commandUser = await ensureHostUser(variables['COMMAND_USER'] || 'millrace-run').catch(
    // the user is only needed for its name
    () => findHostUser('nobody'),
  );
  const own = ownFolder(dataDir);
  const wanted = variables['WORKSPACE_ROOT'] || join(own, 'workspaces', name);
  const workspaceRoot = makeWorkspaceRoot(resolve(wanted));
  const runFolder = makeRunFolder(own, name);
  const ids = commandUserIds(variables['COMMAND_UIDS'], installation);
  const subuid = existsSync('/etc/subuid') ? readFileSync('/etc/subuid', 'utf8') : '';
  refuseTakenIds(ids, await listHostUsers(), subuid);
  const policy: LauncherPolicy = {
    runFolder,
    worker: { uid: user.uid, gid: user.gid },
    outerToken: variables['MILLRACE_LAUNCHER'],
    users: {
      ...ids,
      workspaceRoot,
      named: commandUser ? { name: commandUser.name, uid: commandUser.uid, gid: commandUser.gid } : undefined,
      maxProcesses: Number(variables['COMMAND_MAX_PROCESSES']) || DEFAULT_MAX_PROCESSES,
    },
  };
  return { user, policy, ...(await reachable(user, dataDir, variables)) };
}

/** Returns paths by which the server can access its program and its data, even below a folder that only root may enter. */
async function reachable(
  user: HostUser,
  dataDir: string,
  variables: Variables,
): Promise<Pick<Host, 'application' | 'dataDir' | 'descriptors'>> {
  // `nest start` passes the path without an extension
  const main = realpathSync(createRequire(import.meta.url).resolve(process.argv[1] ?? ''));
  const root = resolve(dirname(main), '../..');
  const plain = { main, launcher: launcherEntry, node: process.execPath, options: [] };
  if ((await canUse(user, process.execPath, main)) && (await canUse(user, '/bin/sh', dataDir)))
    return { application: plain, dataDir: { path: dataDir }, descriptors: [] };
  // made by root, since the server cannot read the originals to copy them
  if (!variables['DATABASE_URL']) await prepareBinaries(user, dataDir, true);
  const open = (folder: string) => openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  const descriptors = [open(root), open(dataDir), openSync(process.execPath, constants.O_RDONLY)];
  const [application, data, node] = descriptors.map(
    (_, index) => `/proc/self/fd/${FIRST_DESCRIPTOR + index}`,
  );
  const within = (path: string) => `${application}${path.slice(root.length)}`;
  if (!(await canUse(user, node!, within(main), descriptors)))
    throw new Error(
      `The server runs as the user ${user.name}, who cannot read ${root} or run ${process.execPath}. ` +
        `Let others read them (chmod -R go+rX), or start Millrace as the user they belong to.`,
    );
  return {
    application: {
      main: within(main),
      launcher: within(launcherEntry),
      node: node!,
      // otherwise Node would resolve the paths behind the descriptors
      options: ['--preserve-symlinks', '--preserve-symlinks-main'],
    },
    dataDir: { path: data! },
    descriptors,
  };
}

/** Returns root's own folder, which must not be within the data folder when that is in the default place. */
function ownFolder(dataDir: string): string {
  const usual = '/var/lib/millrace';
  return `${usual}/`.startsWith(`${dataDir}/`) ? `${usual}-root` : usual;
}

/** Makes the folder of all workspaces, which every user may traverse and only root may write to. */
function makeWorkspaceRoot(folder: string): string {
  const root = makeFolder(folder, 'WORKSPACE_ROOT');
  for (const kind of ['projects', 'users']) makeFolder(join(root, kind), 'WORKSPACE_ROOT');
  return root;
}

function makeRunFolder(own: string, name: string): string {
  try {
    return makeFolder(join('/run/millrace', name), 'The folder for pipes');
  } catch {
    // a container with a read-only file system may have no /run of its own
    return makeFolder(join(own, 'run', name), 'The folder for pipes');
  }
}

/** Makes a folder that root owns. @throws Error when another user could exchange it */
function makeFolder(folder: string, what: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const path = realpathSync(folder);
  try {
    assertTrusted(path, 0);
  } catch (error) {
    throw new Error(`${what} cannot be ${folder}: ${(error as Error).message}`, { cause: error });
  }
  // the umask may have removed permissions
  chmodSync(path, 0o711);
  return path;
}
