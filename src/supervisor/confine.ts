import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const trial = { cwd: '/', timeout: 10_000, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } };

/** The capabilities that a launcher needs: to change the user, signal commands and change the owner of workspaces. */
const CAPABILITIES = ['setuid', 'setgid', 'kill', 'chown'];
/**
 * Starts a program with a private mount of /proc, in which the user of a command sees only its own processes. The launcher, whose group
 * is that of root, sees all.
 */
const HIDE_PROCESSES = [
  'unshare',
  '--mount',
  '--propagation',
  // later mounts of the host are visible here too
  'slave',
  '/bin/sh',
  '-c',
  'mount -t proc -o nosuid,nodev,noexec,hidepid=2,gid=0 proc /proc || exit 125; exec "$@"',
  'sh',
];
/** Prevents that any program gains rights, such as sudo or another setuid program. */
const NO_NEW_RIGHTS = ['setpriv', '--no-new-privs'];
const FEW_CAPABILITIES = [
  ...NO_NEW_RIGHTS,
  '--inh-caps=-all',
  `--bounding-set=-all,${CAPABILITIES.map((name) => `+${name}`).join(',')}`,
];

/**
 * Returns the command line prefix by which launchers are started, so that they and their commands have no more rights than they need.
 * Restrictions that the host does not allow are left out: a container with exactly these capabilities has none to drop.
 */
export async function confine(): Promise<string[]> {
  const hide = (await works(HIDE_PROCESSES)) ? HIDE_PROCESSES : [];
  for (const limit of [FEW_CAPABILITIES, NO_NEW_RIGHTS]) if (await works(limit)) return [...hide, ...limit];
  return hide;
}

async function works([program = '', ...args]: string[]): Promise<boolean> {
  return run(program, [...args, 'true'], trial).then(
    () => true,
    () => false,
  );
}
