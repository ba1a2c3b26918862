import { spawnSync } from 'node:child_process';
import { cleanEnvironment } from './as-user.js';
import { callFilter } from './call-filter.js';

/**
 * The session keyring of commands (keyrings(7)): `refused` when the system calls are refused, `own` when all commands share one, and
 * `inherited` when they share that of the process that started Millrace.
 */
export type Keyrings = 'refused' | 'own' | 'inherited';

const calls: Partial<Record<NodeJS.Architecture, { keyctl: number; prctl: number }>> = {
  x64: { keyctl: 250, prctl: 157 },
  arm64: { keyctl: 219, prctl: 167 },
};

/**
 * A program that joins an empty session keyring, installs the filter if there is one, and executes another program. It is written in
 * Perl, which is part of every Debian and Ubuntu and can make system calls, unlike Node or a shell. When the keyring cannot be joined,
 * the calls are refused already, as in Docker, or the kernel has no keyrings. 38 is PR_SET_NO_NEW_PRIVS, without which an ordinary user
 * may not install a filter, and 22 is PR_SET_SECCOMP with a `struct sock_fprog`.
 */
const SCRIPT = `
my ($keyctl, $prctl, $hex, @line) = @ARGV;
my ($EPERM, $ENOSYS) = (1, 38);
syscall($keyctl + 0, 1, 0) >= 0 or $! == $EPERM or $! == $ENOSYS or exit 125;
if ($hex) {
  my $filter = pack('H*', $hex);
  my $program = pack('S x!8 P', length($filter) / 8, $filter);
  syscall($prctl + 0, 38, 1, 0, 0, 0) == 0 or exit 125;
  syscall($prctl + 0, 22, 2, $program, 0, 0) == 0 or exit 125;
}
exec { $line[0] } @line or exit 127;
`;

/**
 * Returns how to start a launcher whose commands cannot use the session keyring that Millrace was started with. The filter also
 * disables setuid programs (sudo), so it is for launchers whose commands must not gain rights.
 * @param mayFilter whether commands may lose the use of setuid programs
 * @returns a program and arguments that execute the arguments after them
 */
export function ownKeyring(mayFilter: boolean): { before: string[]; keyrings: Keyrings } {
  const numbers = calls[process.arch];
  if (!numbers) return { before: [], keyrings: 'inherited' };
  const withFilter = (filter: string) => [
    'perl',
    '-e',
    SCRIPT,
    `${numbers.keyctl}`,
    `${numbers.prctl}`,
    filter,
  ];
  const refusing = withFilter(callFilter(true)?.toString('hex') ?? '');
  if (mayFilter && works(refusing)) return { before: refusing, keyrings: 'refused' };
  const joining = withFilter('');
  return works(joining) ? { before: joining, keyrings: 'own' } : { before: [], keyrings: 'inherited' };
}

function works([program = '', ...args]: string[]): boolean {
  const trial = { cwd: '/', env: cleanEnvironment, timeout: 10_000 };
  return spawnSync(program, [...args, 'true'], trial).status === 0;
}
