import { spawnSync } from 'node:child_process';
import { cleanEnvironment } from './as-user.js';
import { callFilter } from './call-filter.js';

/**
 * What commands can do with the session keyring of keyrings(7): nothing, as the system calls are refused; share one that is theirs,
 * or share that of whoever started Millrace.
 */
export type Keyrings = 'refused' | 'own' | 'inherited';

const calls: Partial<Record<NodeJS.Architecture, { keyctl: number; prctl: number }>> = {
  x64: { keyctl: 250, prctl: 157 },
  arm64: { keyctl: 219, prctl: 167 },
};

/**
 * Gives itself an empty session keyring, installs the filter if there is one, and becomes another program. In Perl, since it makes
 * system calls, which neither Node nor a shell does, and since it is part of every Debian and Ubuntu. Where the keyring cannot be
 * joined the calls are refused already, as Docker does, or the kernel has no keys. 38 is PR_SET_NO_NEW_PRIVS, without which an
 * ordinary user may not install a filter, and 22 is PR_SET_SECCOMP with a `struct sock_fprog`.
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
 * How a launcher is started so that its commands have nothing of the session keyring that Millrace was started with. The filter
 * takes away what gives other rights (sudo), so it is for launchers whose commands have none to gain.
 * @returns a program and arguments that end in running the rest
 */
export function ownKeyring(mayFilter: boolean): { before: string[]; keyrings: Keyrings } {
  const numbers = calls[process.arch];
  if (!numbers) return { before: [], keyrings: 'inherited' };
  const by = (filter: string) => ['perl', '-e', SCRIPT, `${numbers.keyctl}`, `${numbers.prctl}`, filter];
  const refusing = by(callFilter(true)?.toString('hex') ?? '');
  if (mayFilter && works(refusing)) return { before: refusing, keyrings: 'refused' };
  const joining = by('');
  return works(joining) ? { before: joining, keyrings: 'own' } : { before: [], keyrings: 'inherited' };
}

function works([program = '', ...args]: string[]): boolean {
  const trial = { cwd: '/', env: cleanEnvironment, timeout: 10_000 };
  return spawnSync(program, [...args, 'true'], trial).status === 0;
}
