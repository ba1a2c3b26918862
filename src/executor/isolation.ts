import { execFile } from 'node:child_process';
import { mkdir, readlink, realpath } from 'node:fs/promises';
import { release } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseBytes } from '../common/bytes.js';
import { ConfigError, type Config } from '../common/config.js';
import type { CommandUser } from './command-user.js';

/** What a command needs to run programs, as far as the host has it; nothing else of the host is to be seen. */
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
/** Where this very file was installed. */
const ownFolder = resolve(import.meta.dirname, '../..');
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Before it, the processes of all runs of a user were counted together against the limit of one. */
const oldestKernel = [5, 14] as const;

/** The part of the file system that a run is to work in. */
export interface Place {
  workspace: string;
  directory: string;
}

/** How runs are put into namespaces of their own by bubblewrap. */
export class Isolation {
  private constructor(
    private readonly before: string[],
    private readonly hidden: string[],
  ) {}

  /**
   * Finds out what there is to show to commands, and that bubblewrap works for this user.
   * @param workspaces the folder of all workspaces, made if need be
   * @throws ConfigError that says what is missing
   */
  static async start(config: Config, user: CommandUser | undefined, workspaces: string): Promise<Isolation> {
    const folders = [...systemFolders, ...config.EXECUTOR_READABLE_PATHS];
    const shown = (await Promise.all(folders.map(show))).filter((one) => one !== undefined);
    await mkdir(workspaces, { recursive: true, mode: 0o711 });
    const covered = await Promise.all([ownFolder, config.DATA_DIR, workspaces].map(real));
    const hidden = [...new Set(covered.flatMap((folder) => placesOf(folder, shown)))];
    const size = String(parseBytes(config.EXECUTOR_TMP_SIZE));
    const own = [
      ...namespaces,
      `--proc /proc --dev /dev --perms 1777 --size ${size} --tmpfs /dev/shm --remount-ro /dev`,
      `--perms 1777 --size ${size} --tmpfs /tmp --dir /var --symlink ../tmp /var/tmp`,
    ];
    const isolation = new Isolation(
      [
        ...own.flatMap((options) => options.split(' ')),
        ...shown.flatMap(({ options }) => options),
        ...hidden.flatMap((folder) => ['--tmpfs', folder]),
      ],
      hidden,
    );
    await isolation.refuseUnlessItWorks(user, workspaces);
    return isolation;
  }

  /** The options of `bwrap` for one run; what it writes to are its workspace, `/tmp` and `/dev/shm`, and the last two are its own. */
  options({ workspace, directory }: Place, network: boolean): string[] {
    return [
      ...this.before,
      '--bind',
      workspace,
      workspace,
      ...this.hidden.flatMap((folder) => ['--remount-ro', folder]),
      '--remount-ro',
      '/',
      '--chdir',
      directory,
      ...(network ? [] : ['--unshare-net']),
    ];
  }

  private async refuseUnlessItWorks(user: CommandUser | undefined, workspaces: string): Promise<void> {
    const [major = 0, minor = 0] = release().split('.').map(Number.parseFloat);
    if (major < oldestKernel[0] || (major === oldestKernel[0] && minor < oldestKernel[1]))
      throw refusal(`it needs Linux ${oldestKernel.join('.')} or newer, and this is ${release()}`);
    const options = this.options({ workspace: workspaces, directory: workspaces }, false);
    const asUser = user ? { uid: user.uid, gid: user.gid } : {};
    const trial = ['--', '/bin/sh', '-c', 'echo fine'];
    await promisify(execFile)('bwrap', [...options, ...trial], {
      ...asUser,
      cwd: '/',
      env: { PATH: path },
      timeout: 10_000,
    }).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
      if (error.code === 'ENOENT' || error.code === 'EACCES')
        throw refusal('there is no program bwrap (on Debian: apt-get install bubblewrap)');
      const told = error.stderr?.trim().split('\n').at(-1) || error.message;
      throw refusal(
        `bubblewrap does not work here (${told}); it must be 0.8 or newer, and the host must allow namespaces to ` +
          `${user ? `the user ${user.name}` : 'ordinary users'}`,
      );
    });
  }
}

function refusal(why: string): ConfigError {
  return new ConfigError(`EXECUTOR_ISOLATION=bubblewrap cannot be had: ${why}`);
}

/** A folder that commands see, read-only. */
interface Shown {
  folder: string;
  /** Where it really is; undefined for a link to what is shown anyway. */
  source: string | undefined;
  options: string[];
}

/** How one folder is shown; undefined where the host does not have it. */
async function show(folder: string): Promise<Shown | undefined> {
  const source = await realpath(folder).catch(() => undefined);
  if (source === undefined) return undefined;
  const link = await readlink(folder).catch(() => undefined);
  // `/bin` is a link to `usr/bin` almost everywhere
  if (link !== undefined && source.startsWith('/usr/'))
    return { folder, source: undefined, options: ['--symlink', link, folder] };
  const options = ['--ro-bind', source, folder];
  if (folder === '/etc') {
    // where the system writes it, it is a link that leads out of what is shown
    const resolver = await real('/etc/resolv.conf');
    if (!resolver.startsWith('/etc/')) options.push('--ro-bind-try', resolver, resolver);
  }
  return { folder, source, options };
}

/** Where a folder would be seen, and has to be covered up. */
function placesOf(folder: string, shown: Shown[]): string[] {
  return shown.flatMap((one) => {
    const { source } = one;
    const isThere = source !== undefined && (folder === source || folder.startsWith(`${source}/`));
    return isThere ? [one.folder + folder.slice(source.length)] : [];
  });
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
