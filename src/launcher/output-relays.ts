import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { asUser, cleanEnvironment, type User } from './as-user.js';
import { deferred } from './deferred.js';
import { LaunchError } from './launch-error.js';

/** The paths of the pipe that a command writes to and of the one that the worker reads. */
export interface RelayedPipe {
  from: string;
  to: string;
}

/**
 * The program of a relay process, which copies the output of a command. A pipe has one lock for both of its ends. The kernel holds it
 * while splice(2) waits for its source and while it reads a page of the writer's memory, so a command can hold it for any time, and a
 * process that reads or closes the other end meanwhile blocks and cannot even be killed. So neither worker nor launcher touches a pipe
 * of a running command. A relay process does: it can block for its own run only, and goes on when the run is killed. It is written in
 * Perl, which is part of every Debian and Ubuntu, starts fast and is small.
 *
 * Its input are lines: `open` with the paths of the pipes in hexadecimal, and `finish` when no process of the run is left: it then
 * copies what is in the pipes, but not what a process outside the run goes on writing. Its answers are `open`, `failed` with a reason,
 * and `done` when everything is copied.
 */
const SCRIPT = String.raw`
use strict;
use warnings;
use Fcntl qw(O_RDONLY O_WRONLY O_NONBLOCK);
use Errno;

$SIG{PIPE} = 'IGNORE';
my ($at_once, $most_at_last) = (65536, 1048576);
my ($orders, $is_alone, @streams) = ('', 0);

sub answer { syswrite STDOUT, "$_[0]\n" }

sub start {
  my @paths = map { pack 'H*', $_ } @_;
  while (my ($from, $to) = splice @paths, 0, 2) {
    my ($in, $out);
    if (!sysopen($in, $from, O_RDONLY | O_NONBLOCK) || !sysopen($out, $to, O_WRONLY | O_NONBLOCK)) {
      @streams = ();
      return answer("failed $!");
    }
    push @streams, { in => $in, out => $out, bytes => '', left => undef };
  }
  answer('open');
}

# Copies a piece of a stream. Returns false at the end of the stream.
sub pass {
  my ($stream) = @_;
  if (!length $stream->{bytes}) {
    return 0 if defined $stream->{left} && $stream->{left} <= 0;
    my $count = sysread $stream->{in}, $stream->{bytes}, $at_once;
    if (!defined $count) {
      $stream->{bytes} = '';
      return $!{EINTR} || $!{EAGAIN} && !defined $stream->{left};
    }
    return 0 if $count == 0;
    $stream->{left} -= $count if defined $stream->{left};
  }
  my $count = syswrite $stream->{out}, $stream->{bytes};
  return $!{EINTR} || $!{EAGAIN} if !defined $count;
  substr $stream->{bytes}, 0, $count, '';
  return 1;
}

sub take_orders {
  my $count = sysread STDIN, $orders, 4096, length $orders;
  return if !defined $count && $!{EINTR};
  # the launcher is gone
  if (!$count) { $is_alone = 1; $_->{left} //= $most_at_last for @streams; return }
  while ($orders =~ s/^([^\n]*)\n//) {
    my ($order, @paths) = split / /, $1;
    if ($order eq 'open') { start(@paths) }
    else { $_->{left} //= $most_at_last for @streams }
  }
}

until ($is_alone && !@streams) {
  my ($read, $write, $is_last) = ('', '', 0);
  vec($read, 0, 1) = 1 unless $is_alone;
  for my $stream (@streams) {
    if (length $stream->{bytes}) { vec($write, fileno $stream->{out}, 1) = 1 }
    elsif (defined $stream->{left}) { $is_last = 1 }
    else { vec($read, fileno $stream->{in}, 1) = 1 }
  }
  next if select($read, $write, undef, $is_last ? 0 : undef) < 0;
  my @open;
  for my $stream (@streams) {
    my $is_ready = length $stream->{bytes} ? vec($write, fileno $stream->{out}, 1)
      : defined $stream->{left} || vec($read, fileno $stream->{in}, 1);
    if (!$is_ready || pass($stream)) { push @open, $stream }
    # the worker's pipe is closed first, since closing the command's pipe may block
    else { close $stream->{out} }
  }
  my $is_done = @streams && !@open;
  @streams = @open;
  answer('done') if $is_done;
  take_orders() if vec($read, 0, 1);
}
`;

/** The relay processes, one for each active run. They are reused for later runs. */
export class OutputRelays {
  private readonly idle: Relay[] = [];

  private constructor(private readonly user: User | undefined) {}

  /**
   * @param user the user of the relays: that of the worker, whose processes commands of other users cannot signal
   * @returns undefined where there is no Perl
   */
  static start(user: User | undefined): OutputRelays | undefined {
    const trial = spawnSync('perl', ['-MFcntl', '-MErrno', '-e', '1'], { env: cleanEnvironment, cwd: '/' });
    return trial.status === 0 ? new OutputRelays(user) : undefined;
  }

  /**
   * Opens the pipes of a run that is about to start. The command may write when the promise has resolved.
   * @throws LaunchError
   */
  async open(pipes: RelayedPipe[]): Promise<RelayedOutput> {
    let relay = this.idle.pop();
    while (relay?.isGone) relay = this.idle.pop();
    relay ??= new Relay(this.user, (free) => this.idle.push(free));
    const output = new RelayedOutput(relay);
    relay.open(output, pipes);
    try {
      await output.opened.promise;
      return output;
    } catch (error) {
      throw new LaunchError(
        'SPAWN_FAILED',
        `The output of the command could not be opened: ${(error as Error).message}`,
      );
    }
  }
}

/** The output of a run that a relay copies. */
export class RelayedOutput {
  readonly opened = deferred<void>();
  private readonly lost = deferred<void>();

  constructor(private readonly relay: Relay) {}

  /** Makes the relay copy the rest of the output. Must be called when no process of the run is left. */
  finish(): void {
    this.relay.finish(this);
  }

  /** Calls back when the relay has failed before the end of the output. */
  onLost(listener: () => void): void {
    void this.lost.promise.then(listener);
  }

  fail(error: Error): void {
    this.opened.reject(error);
    this.lost.resolve();
  }
}

class Relay {
  isGone = false;
  private readonly child: ChildProcess;
  private text = '';
  /** The output that it copies at present. */
  private current: RelayedOutput | undefined;

  constructor(
    user: User | undefined,
    private readonly release: (relay: Relay) => void,
  ) {
    const { line, options } = asUser(user, ['perl', '-e', SCRIPT]);
    this.child = spawn(line[0], line.slice(1), {
      ...options,
      cwd: '/',
      env: cleanEnvironment,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child.on('error', (error) => this.fail(error));
    this.child.once('exit', () => this.fail(new Error('the process that passes it on has ended')));
    // The exit of the relay is handled below.
    this.child.stdin!.on('error', () => undefined);
    this.child.stdout!.setEncoding('latin1').on('data', (part: string) => this.receive(part));
  }

  open(output: RelayedOutput, pipes: RelayedPipe[]): void {
    this.current = output;
    const paths = pipes
      .flatMap(({ from, to }) => [from, to])
      .map((path) => Buffer.from(path).toString('hex'));
    this.order(`open ${paths.join(' ')}`);
  }

  /** Finishes an output, unless it has ended by itself and the relay serves another run by now. */
  finish(output: RelayedOutput): void {
    if (this.current === output) this.order('finish');
  }

  private order(line: string): void {
    (this.child.stdin as Writable).write(`${line}\n`);
  }

  private receive(part: string): void {
    const lines = (this.text + part).split('\n');
    this.text = lines.pop()!;
    for (const line of lines) {
      if (line === 'open') this.current?.opened.resolve();
      else {
        if (line !== 'done') this.current?.fail(new Error(line.replace(/^failed /, '')));
        this.current = undefined;
        this.release(this);
      }
    }
  }

  private fail(error: Error): void {
    this.isGone = true;
    this.current?.fail(error);
    this.current = undefined;
  }
}
