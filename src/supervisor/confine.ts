import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const trial = { cwd: '/', timeout: 10_000, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } };

/** What a launcher does as root: change the user, signal commands, hand a new workspace over. */
const CAPABILITIES = ['setuid', 'setgid', 'kill', 'chown'];
/**
 * A view of /proc of its own, in which the user of a command sees no process but its own. With the group of root, the launcher
 * goes on seeing all.
 */
const HIDE_PROCESSES = [
  'unshare',
  '--mount',
  '--propagation',
  // what the host mounts later is seen here too
  'slave',
  '/bin/sh',
  '-c',
  'mount -t proc -o nosuid,nodev,noexec,hidepid=2,gid=0 proc /proc || exit 125; exec "$@"',
  'sh',
];
/** No program that is run can give rights which its user has not: neither sudo nor another setuid program. */
const NO_NEW_RIGHTS = ['setpriv', '--no-new-privs'];
const FEW_CAPABILITIES = [
  ...NO_NEW_RIGHTS,
  '--inh-caps=-all',
  `--bounding-set=-all,${CAPABILITIES.map((name) => `+${name}`).join(',')}`,
];

/**
 * The programs by which a launcher is started, so that it and all it starts have no more rights than they need. What the host
 * does not allow is left out: in a container that was given these capabilities only, there is nothing to take away.
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
