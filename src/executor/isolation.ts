import { existsSync } from 'node:fs';
import { readlink, realpath } from 'node:fs/promises';
import { release } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseBytes } from '../common/bytes.js';
import { ConfigError, type Config } from '../common/config.js';
import type { Logger } from '../common/logger.js';
import { summariesOf } from '../launcher/summaries.js';
import { makeFolder } from './make-folder.js';
import type { Launcher } from './process/launcher.js';

/** The folders that commands need to run programs, if the host has them. Nothing else of the host is visible. */
const systemFolders = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/etc',
  '/opt',
  '/nix/store',
  '/gnu/store',
];
const namespaces = [
  '--unshare-user --disable-userns --unshare-pid --unshare-ipc --unshare-uts --unshare-cgroup-try',
  '--die-with-parent --new-session --clearenv',
];
/** The folder in which Millrace is installed. */
const ownFolder = resolve(import.meta.dirname, '../..');
/** Older kernels count the processes of all runs of a user together against the limit of one run. */
const oldestKernel = [5, 14] as const;

/** Puts runs into namespaces of their own with bubblewrap. */
export class Isolation {
  private constructor(
    private readonly before: string[],
    private readonly hidden: string[],
    private readonly keyFiles: string[],
  ) {}

  /**
   * Sets up isolation according to EXECUTOR_ISOLATION; with `auto` only if it works.
   * @returns undefined when runs are not isolated
   * @throws ConfigError that says what is missing, with `bubblewrap`
   */
  static async start(
    config: Config,
    launcher: Pick<Launcher, 'tryIsolation'>,
    workspaces: string,
    logger: Logger,
  ): Promise<Isolation | undefined> {
    if (config.EXECUTOR_ISOLATION === 'none') return undefined;
    const isolation = await Isolation.prepare(config, workspaces);
    const refusal = await isolation.refusal(launcher, config, workspaces);
    if (refusal === undefined) return isolation;
    if (config.EXECUTOR_ISOLATION === 'bubblewrap')
      throw new ConfigError(`EXECUTOR_ISOLATION=bubblewrap cannot be had: ${refusal}`);
    logger.warn(`Runs have no namespaces of their own: ${refusal}`);
    return undefined;
  }

  /** Determines which folders commands can see and which are covered. */
  private static async prepare(config: Config, workspaces: string): Promise<Isolation> {
    const folders = [...systemFolders, ...config.EXECUTOR_READABLE_PATHS];
    const shown = (await Promise.all(folders.map(show))).filter((one) => one !== undefined);
    if (!config.commandUsers) await makeFolder(workspaces, 0o711);
    const keys = await Promise.all(config.secretFiles.map(findKeyFile));
    const keyFolders = keys.map(({ folder }) => folder).filter((folder) => folder !== undefined);
    const covered = await Promise.all([ownFolder, config.DATA_DIR, workspaces].map(real));
    const hidden = outermost(
      placesOf([...covered, ...keyFolders.filter((folder) => !isShownItself(folder, shown))], shown),
    );
    const keyFiles = placesOf(
      keys.map(({ file }) => file),
      shown,
    );
    const size = String(parseBytes(config.EXECUTOR_TMP_SIZE));
    const named = config.commandUsers?.named;
    const own = [
      ...namespaces,
      // so that programs can look up their user
      ...(named ? [`--uid ${named.uid} --gid ${named.gid}`] : []),
      `--proc /proc --dev /dev --perms 1777 --size ${size} --tmpfs /dev/shm --remount-ro /dev`,
      // key names are visible to all processes of their user, which is that of the server only where commands have no user of their own
      ...(!config.commandUsers && existsSync('/proc/keys') ? ['--ro-bind /dev/null /proc/keys'] : []),
      `--perms 1777 --size ${size} --tmpfs /tmp --dir /var --symlink ../tmp /var/tmp`,
    ];
    return new Isolation(
      [
        ...own.flatMap((options) => options.split(' ')),
        ...shown.flatMap(({ options }) => options),
        ...hidden.flatMap((folder) => ['--tmpfs', folder]),
      ],
      hidden,
      keyFiles.filter((file) => !hidden.some((folder) => file.startsWith(`${folder}/`))),
    );
  }

  /**
   * Returns the options of `bwrap` for a run, without `--chdir`. The run can write to its workspace, to the folder of its summary, and to a `/tmp` and `/dev/shm` of
   * its own.
   */
  options(workspace: string, network: boolean): string[] {
    return [
      ...this.before,
      // where commands have no user of their own, they could read the files of the server; one that is gone cannot be covered
      ...this.keyFiles.filter((file) => existsSync(file)).flatMap((file) => ['--ro-bind', '/dev/null', file]),
      '--bind',
      workspace,
      workspace,
      // there is none beside the folder by which isolation is tried
      '--bind-try',
      summariesOf(workspace),
      summariesOf(workspace),
      ...this.hidden.flatMap((folder) => ['--remount-ro', folder]),
      '--remount-ro',
      '/',
      ...(network ? [] : ['--unshare-net']),
    ];
  }

  /** Returns why isolation does not work on this host, for the operator. */
  private async refusal(
    launcher: Pick<Launcher, 'tryIsolation'>,
    { commandUsers }: Config,
    workspaces: string,
  ): Promise<string | undefined> {
    const [major = 0, minor = 0] = release().split('.').map(Number.parseFloat);
    if (major < oldestKernel[0] || (major === oldestKernel[0] && minor < oldestKernel[1]))
      return `it needs Linux ${oldestKernel.join('.')} or newer, and this is ${release()}`;
    // a run gets the path of its workspace without links as well; where commands have users of their own, the supervisor has resolved it
    const folder = commandUsers ? workspaces : await real(workspaces);
    const refused = await launcher.tryIsolation(this.options(folder, false));
    if (!refused) return undefined;
    if (refused.errno === 'ENOENT' || refused.errno === 'EACCES')
      return 'there is no program bwrap (on Debian: apt-get install bubblewrap)';
    const whom = commandUsers ? 'the users of commands' : 'ordinary users';
    return `bubblewrap does not work here (${refused.message}); it must be 0.8 or newer, and the host must allow namespaces to ${whom}`;
  }
}

/** A folder that commands can see, read-only. */
interface Shown {
  folder: string;
  /** Its real path; undefined for a link into a folder that is shown as well. */
  source: string | undefined;
  options: string[];
}

/** Returns how a folder is shown; undefined when the host does not have it. */
async function show(folder: string): Promise<Shown | undefined> {
  const source = await realpath(folder).catch(() => undefined);
  if (source === undefined) return undefined;
  const link = await readlink(folder).catch(() => undefined);
  // `/bin` is a link to `usr/bin` almost everywhere
  if (link !== undefined && source.startsWith('/usr/'))
    return { folder, source: undefined, options: ['--symlink', link, folder] };
  const options = ['--ro-bind', source, folder];
  if (folder === '/etc') {
    // on hosts where the system generates it, it is a link that leads out of the visible folders
    const resolver = await real('/etc/resolv.conf');
    if (!resolver.startsWith('/etc/')) options.push('--ro-bind-try', resolver, resolver);
  }
  return { folder, source, options };
}

/**
 * Finds what to cover of a key file. When it is a link, that may be exchanged while commands run (as Kubernetes does when a secret
 * changes), so its folder is covered as a whole.
 */
async function findKeyFile(path: string): Promise<{ file: string; folder: string | undefined }> {
  const folder = await real(dirname(path));
  const isLink = await readlink(join(folder, basename(path))).then(
    () => true,
    () => false,
  );
  return { file: await real(path), folder: isLink ? folder : undefined };
}

/** Whether a folder is one of those that commands must see, or contains one. */
function isShownItself(folder: string, shown: Shown[]): boolean {
  return shown.some(({ source }) => source === folder || source?.startsWith(`${folder}/`));
}

/** Lists the visible paths of folders and files, which must be covered. */
function placesOf(paths: string[], shown: Shown[]): string[] {
  const places = paths.flatMap((path) =>
    shown.flatMap((one) => {
      const { source } = one;
      const isThere = source !== undefined && (path === source || path.startsWith(`${source}/`));
      return isThere ? [one.folder + path.slice(source.length)] : [];
    }),
  );
  return [...new Set(places)];
}

/** Leaves out folders that lie in another one of them: that is empty in the view of a command. */
function outermost(folders: string[]): string[] {
  return folders.filter((folder) => !folders.some((other) => folder.startsWith(`${other}/`)));
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
