import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const trial = { cwd: '/', timeout: 10_000, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } };

/** The capabilities that a launcher needs: to change the user, signal commands and change the owner of workspaces. */
const CAPABILITIES = ['setuid', 'setgid', 'kill', 'chown'];
/** Mounts a /proc in which the user of a command sees only its own processes. The launcher, whose group is that of root, sees all. */
const OWN_PROC = 'mount -t proc -o nosuid,nodev,noexec,hidepid=2,gid=0 proc /proc || exit 125';
/**
 * Prepares a namespace for the IPC objects of commands: shared memory is removed with the last process that has attached it, since memory
 * of no process is memory that no limit and no end of a process would free, and the message queues can be found where they always are.
 */
const OWN_IPC = `echo 1 > /proc/sys/kernel/shm_rmid_forced || exit 125
  ! [ -d /dev/mqueue ] || mount -t mqueue -o nosuid,nodev,noexec mqueue /dev/mqueue || exit 125`;

/** Starts a program in mounts of its own, and further namespaces, that were prepared by a script. */
const inNamespaces = (namespaces: string[], script: string) => [
  'unshare',
  '--mount',
  ...namespaces,
  '--propagation',
  // later mounts of the host are visible here too
  'slave',
  '/bin/sh',
  '-c',
  `${script}\nexec "$@"`,
  'sh',
];

/** The ways to keep the commands of a launcher from the processes and IPC objects of others, the best first. */
const APART = [inNamespaces(['--ipc'], `${OWN_PROC}\n${OWN_IPC}`), inNamespaces([], OWN_PROC), []];

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
  const apart = await firstThatWorks(APART);
  return [...apart, ...(await firstThatWorks([FEW_CAPABILITIES, NO_NEW_RIGHTS, []], apart))];
}

/** @param before a prefix of each, which works */
async function firstThatWorks(prefixes: string[][], before: string[] = []): Promise<string[]> {
  for (const prefix of prefixes)
    if (prefix.length === 0 || (await works([...before, ...prefix]))) return prefix;
  return [];
}

async function works([program = '', ...args]: string[]): Promise<boolean> {
  return run(program, [...args, 'true'], trial).then(
    () => true,
    () => false,
  );
}
