/**
 * The program that reads the files of a run. It is started like a command: as its user, in its namespaces, with its workspace as the working
 * directory, so that it reads nothing that the command could not have printed. It goes from folder to folder by descriptors and opens one
 * name at a time, never through a link, so that another run of the project, which may exchange a folder for a link meanwhile, leads it
 * nowhere else. A FIFO or a device is never opened for more than a moment, and no more is read of a file than it had when it was opened.
 *
 * It is written in Perl like the relay of output, and its regular expressions are Perl's: a pattern that takes long costs its own processor
 * time, which is limited, and not that of a worker.
 *
 * Arguments: the time from which on a change counts (seconds), the most bytes and files to send, the seconds for the search, the path of
 * the summary (empty for none), of which commands can only exchange the last name, the most bytes of it, and pairs of base and regular expression in hexadecimal.
 *
 * Output: frames of a letter, the length as 32 bits and the content. `S` a piece of the summary, `T` says that there is more of it; `F` the
 * path of a file, `D` a piece of it, `E` its end, `X` that it could not be read to its end; `O` last of all, with the numbers of files that
 * were left out: beyond the limits, of another kind, unreadable, with a name that is not UTF-8; whether the search was ended early, and whether
 * a pattern could not be used.
 */
export const collectorScript = String.raw`
use strict;
use warnings;
no warnings 'recursion';
use Errno;
use Fcntl qw(O_RDONLY O_NOFOLLOW O_NONBLOCK O_DIRECTORY O_NOCTTY :mode);

my ($since, $room, $files, $seconds, $summary, $summary_room, $patterns) = @ARGV;
# The patterns are in variables: an argument of the shell that starts this has 128 KiB at most.
my @given = map { split / /, $ENV{"MILLRACE_PATTERN_$_"} // '', 2 } 0 .. $patterns - 1;
my ($most_entries, $most_depth, $piece) = (1_000_000, 100, 262_144);
my ($entries, $is_ended, $is_faulty) = (0, 0, 0);
my ($beyond, $special, $unreadable, $unnamed) = (0, 0, 0, 0);
my $deadline = time + $seconds;
my $is_exact = eval { require Time::HiRes; 1 };
$SIG{PIPE} = 'DEFAULT';

sub put {
  my ($kind, $content) = @_;
  my $bytes = $kind . pack('N', length $content) . $content;
  my $at = 0;
  while ($at < length $bytes) {
    my $count = syswrite STDOUT, $bytes, length($bytes) - $at, $at;
    next if !defined $count && $!{EINTR};
    exit 1 if !defined $count;
    $at += $count;
  }
}

# Opens a regular file, of the current folder unless it is the summary. Returns the handle, its size, and when it was changed.
sub regular {
  my ($name) = @_;
  my @found = lstat $name or return;
  return unless S_ISREG($found[2]);
  sysopen(my $file, $name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY) or return;
  my @stat = $is_exact ? Time::HiRes::stat($file) : stat $file;
  return unless @stat && S_ISREG($stat[2]);
  return ($file, $stat[7], $stat[10]);
}

# Reads up to a number of bytes. Returns how many were read; undefined when it could not be read so far.
sub pass {
  my ($file, $kind, $most) = @_;
  my $left = $most;
  while ($left > 0) {
    my $count = sysread $file, my $bytes, $left < $piece ? $left : $piece;
    next if !defined $count && $!{EINTR};
    return undef if !defined $count;
    last if $count == 0;
    put($kind, $bytes);
    $left -= $count;
  }
  return $most - $left;
}

if (length $summary) {
  if (my ($file, $size) = regular($summary)) {
    pass($file, 'S', $summary_room);
    put('T', '') if $size > $summary_room;
  }
  unlink $summary or rmdir $summary;
}

my (@bases, @patterns);
while (my ($base, $source) = splice @given, 0, 2) {
  ($base, $source) = map { pack 'H*', $_ } $base, $source;
  utf8::decode($source);
  my $pattern = eval { qr/$source/s };
  if (defined $pattern) { push @bases, $base; push @patterns, $pattern }
  else { $is_faulty = 1 }
}

# Whether something that is wanted may be below a folder.
sub leads {
  my ($folder) = @_;
  for my $base (@bases) {
    return 1 if $base eq '' || index("$folder/", "$base/") == 0 || index("$base/", "$folder/") == 0;
  }
  return 0;
}

sub is_wanted {
  my ($path) = @_;
  utf8::decode($path);
  for my $pattern (@patterns) { return 1 if $path =~ $pattern }
  return 0;
}

sub keep {
  my ($name, $path) = @_;
  my ($file, $size, $changed) = regular($name);
  return $unreadable++ unless $file;
  return if $changed < ($is_exact ? $since : int $since);
  my $text = $path;
  return $unnamed++ unless utf8::decode($text);
  return $beyond++ if $files <= 0 || $size > $room;
  put('F', $path);
  my $count = pass($file, 'D', $size);
  if (!defined $count) { put('X', ''); return $unreadable++ }
  put('E', '');
  $room -= $count;
  $files--;
}

# Searches the current folder, which is open as the handle, and those below it.
sub search {
  my ($handle, $path, $depth) = @_;
  opendir(my $listing, '.') or return;
  my @folders;
  while (defined(my $name = readdir $listing)) {
    next if $name eq '.' || $name eq '..';
    if (++$entries > $most_entries || time > $deadline) { $is_ended = 1; last }
    my $below = $path eq '' ? $name : "$path/$name";
    my @stat = lstat $name or next;
    if (S_ISDIR($stat[2])) { push @folders, $name if leads($below) }
    elsif (!is_wanted($below)) { next }
    elsif (S_ISREG($stat[2])) { keep($name, $below) }
    elsif ($stat[10] >= int $since) { $special++ }
  }
  closedir $listing;
  for my $name (sort @folders) {
    return if $is_ended;
    if ($depth >= $most_depth) { $is_ended = 1; return }
    sysopen(my $folder, $name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK) or next;
    chdir $folder or next;
    search($folder, $path eq '' ? $name : "$path/$name", $depth + 1);
    # not by "..", since the folder may have been moved meanwhile
    chdir $handle or exit 1;
  }
}

if (@patterns) {
  sysopen(my $top, '.', O_RDONLY | O_DIRECTORY | O_NONBLOCK) or exit 1;
  search($top, '', 0);
}
put('O', "$beyond $special $unreadable $unnamed $is_ended $is_faulty");
`;
