/** The number of the system call add_key(2). Those of request_key(2) and keyctl(2) are the next two. */
const addKey = process.arch === 'arm64' ? 217 : 248;

// Perl's `syscall` takes the number of a system call, and refuses literals for arguments that a call could write to
const add = `my ($kind, $name, $value) = ("user", @ARGV); my $key = syscall(${addKey}, $kind, $name, $value, length($value), -3)`;

/** Returns a command prefix that runs a program in a session keyring with a key in it, as a sign-in or a service manager does. */
export const inSession = (name: string, value: string): string[] => [
  'perl',
  '-e',
  `my @line = splice(@ARGV, 2); syscall(${addKey + 2}, 1, 0) > 0 or die "no keyring: $!"; ${add}; $key > 0 or die "no key: $!"; exec { $line[0] } @line`,
  name,
  value,
];

/** Returns a command that adds a key to its session keyring and prints whether it could. */
export const storeKey = (name: string, value: string): string =>
  `perl -e '${add}; print($key > 0 ? "stored\\n" : "refused: $!\\n")' '${name}' '${value}'`;

/** Returns a command that prints the value of a key, or `none`. */
export const readKey = (name: string): string =>
  `perl -e 'my ($kind, $name) = ("user", @ARGV); my $key = syscall(${addKey + 1}, $kind, $name, 0, 0);
    my $value = " " x 64; my $size = syscall(${addKey + 2}, 11, $key, $value, 64);
    print($key > 0 ? substr($value, 0, $size) . "\\n" : "none\\n")' '${name}'`;
