# Starts the commands of a slot, one after another, and beside each of them the sessions of people who have logged in to look at it
# (session.pl and forward.pl, which come behind this text). It stays, so that a command costs two forks instead of the start of a
# sandbox, and it stands inside the sandbox, so that nothing of a command is ever outside of it. It is written in Perl since
# that has the system calls for namespaces and credentials, and is on every Linux that has git.
#
#   perl -e TEXT ARCHITECTURE MODE LAUNCHER_ID JOB_UID JOB_GID HOLD BASH
#
# MODE says what a command gets of its own:
#   run      PID and IPC namespaces, whose first process is a copy of this one without any right, and `/proc`. This process keeps
#            the right to make them; the right to make user namespaces it gives up for itself and all that it starts.
#   sandbox  nothing: the whole sandbox is for this one command.
#   none     nothing: there is no sandbox.
# LAUNCHER_ID is 0 or `-`: whether descriptor 4 is a user namespace in which this process is to be root. JOB_UID and JOB_GID are whom
# commands run as, or `-`: as whoever this is.
#
# Descriptor 3 is a socket. What is asked for comes as 8 digits, the length of what follows, and fields with a NUL between them. A command:
# `run`, directory, standard output, standard error, most open files, most processes (both may be empty), OOM score, command, and then variables
# as NAME=VALUE. For sessions see session.pl, for forwarded connections forward.pl.
# What is said, each in a line: `ready`, with `parted` behind it when runs cannot reach abstract sockets of others; `started PID` before the command begins, or `failed for-good WORDS`, or `failed for-now WORDS` where there was no room; `used MICROSECONDS READ WRITTEN` and
# `ended CODE` when it and, with namespaces, everything that it started has ended, sessions included.
use strict;
use warnings;

my ($architecture, $mode, $launcher_id, $job_uid, $job_gid, $hold, $bash) = @ARGV;
my @names = qw(close setgroups setresgid setresuid unshare setns mount umount2 prctl capset getrusage prlimit rt_sigprocmask
  signalfd4 setsid);
my %numbers;
@{$numbers{x64}}{@names}   = (3,  116, 119, 117, 272, 308, 165, 166, 157, 126, 98,  302, 14,  289, 112);
@{$numbers{arm64}}{@names} = (57, 159, 149, 147, 97,  268, 40,  39,  167, 91,  165, 261, 135, 74,  157);
# Newer ones have the same number everywhere.
$_->{landlock_create_ruleset} = 444, $_->{landlock_restrict_self} = 446 for values %numbers;
my $number = $numbers{$architecture} or die "no system calls are known for $architecture\n";

# From the headers of Linux, where they are the same on all architectures.
my ($NEWNS, $NEWIPC, $NEWUSER, $NEWPID) = (0x00020000, 0x08000000, 0x10000000, 0x20000000);
my ($MS_NOSUID, $MS_NODEV, $MS_NOEXEC, $MS_REC, $MS_PRIVATE) = (2, 4, 8, 0x4000, 0x40000);
my $MNT_DETACH = 2;
my ($PR_SET_DUMPABLE, $PR_CAPBSET_DROP, $PR_CAP_AMBIENT, $PR_CAP_AMBIENT_CLEAR_ALL) = (4, 24, 47, 4);
my $CAPABILITY_VERSION_3 = 0x20080522;
my $LAST_CAPABILITY = 63;
my ($RLIMIT_NPROC, $RLIMIT_NOFILE) = (6, 7);
my $RUSAGE_CHILDREN = -1;
my ($LANDLOCK_VERSION, $LANDLOCK_WITH_SCOPES, $LANDLOCK_ABSTRACT_SOCKETS) = (1, 6, 1);
my ($SIG_BLOCK, $SIG_UNBLOCK, $SIGCHLD, $SIGNAL_SET_BYTES, $SFD_CLOEXEC, $SIGNAL_BYTES) = (0, 1, 17, 8, 0x80000, 128);
my $WNOHANG = 1;

my @LATER = qw(HUP INT QUIT USR1 USR2 PIPE ALRM TERM);
my $SOCKET = 3;
my $USER_NAMESPACE = 4;
my $LENGTH_DIGITS = 8;

my ($socket, $own_pids, $can_part, $ends);
# The process that was started for the command, and what bounds it; the sessions beside it, by their processes.
my ($command, @bounds, %sessions);
my $is_closing = 0;

sub main {
  $SIG{$_} = 'IGNORE' for @LATER;
  open $socket, '+<&=', $SOCKET or die "no socket: $!\n";
  $can_part = $mode ne 'none' && attempt('landlock_create_ruleset', 0, 0, $LANDLOCK_VERSION) >= $LANDLOCK_WITH_SCOPES;
  prepare();
  $ends = open_ends();
  say_line($can_part ? 'ready parted' : 'ready');
  until ($is_closing && !defined $command) {
    my $ready = '';
    vec($ready, fileno $ends, 1) = 1;
    vec($ready, fileno $socket, 1) = 1 if !$is_closing;
    next if select($ready, undef, undef, undef) < 0;
    take_ends() if vec $ready, fileno $ends, 1;
    take_message() if vec $ready, fileno $socket, 1;
  }
}

# A descriptor that says when a child has ended. A handler of the signal could come just before the wait for news, and be heard only after it.
sub open_ends {
  mask_ends($SIG_BLOCK);
  my $set = pack 'Q', 1 << $SIGCHLD - 1;
  my $fd = attempt('signalfd4', -1, $set, $SIGNAL_SET_BYTES, $SFD_CLOEXEC);
  die "no descriptor for signals: $!\n" if $fd == -1;
  open my $opened, '<&=', $fd or die "no descriptor for signals: $!\n";
  return $opened;
}

sub mask_ends {
  my ($how) = @_;
  my $set = pack 'Q', 1 << $SIGCHLD - 1;
  call('rt_sigprocmask', $how, $set, 0, $SIGNAL_SET_BYTES);
}

sub take_message {
  my $length = read_bytes($LENGTH_DIGITS);
  my $fields = defined $length ? read_bytes($length) : undef;
  if (!defined $fields) {
    $is_closing = 1;
    # Whoever looked on has gone with the agent, or goes with it.
    end_sessions();
    return;
  }
  my ($what, @fields) = split /\0/, $fields, -1;
  return open_session(\&serve_session, @fields) if $what eq 'session';
  return open_session(\&serve_forward, @fields) if $what eq 'forward';
  ($command, my $code) = start_command(@fields);
  end_command($code) if !defined $command;
}

sub take_ends {
  sysread $ends, my $signals, $SIGNAL_BYTES;
  my $code;
  while ((my $ended = waitpid -1, $WNOHANG) > 0) {
    my $status = $?;
    $code = exit_code($status) if defined $command && $ended == $command;
    leave_session($ended, $status);
  }
  end_command($code) if defined $code;
}

sub end_command {
  my ($code) = @_;
  $command = undef;
  end_sessions();
  # What cannot be cleared away goes with the sandbox, which there will be another one of.
  $is_closing ||= $mode eq 'run' && !clear_away();
  report($code);
}

sub prepare {
  become_root_of_namespace() if $launcher_id ne '-';
  close_others();
  if ($mode eq 'run') {
    open my $limit, '>', '/proc/sys/user/max_user_namespaces' or die "namespaces cannot be bounded: $!\n";
    syswrite($limit, '0') or die "namespaces cannot be bounded: $!\n";
    close $limit;
    go_on_in_own_namespace();
    open $own_pids, '<', '/proc/self/ns/pid' or die "no PID namespace: $!\n";
    # Whether namespaces can be made is known once some were.
    my $first = fork_with_namespaces(sub { exit 0 });
    waitpid $first, 0;
    die "namespaces cannot be made\n" if $? != 0 || !clear_away();
  } elsif ($job_uid ne '-') {
    become($job_uid, $job_gid);
    drop_capabilities();
  }
  # Each run gets a domain of its own below this one, in which sessions are: who is above may look at what is below.
  part_from_others() if $can_part;
}

# The namespaces of the sandbox belong to whoever made it: only in a mount namespace of our own can we mount, and only into a PID
# namespace of our own come back (see fork_with_namespaces). The process that stays behind waits.
sub go_on_in_own_namespace {
  my ($none, $root) = ('none', '/');
  call('unshare', $NEWPID | $NEWNS);
  call('mount', $none, $root, $none, $MS_REC | $MS_PRIVATE, 0);
  my $inner = fork;
  die "the system has no room for a process: $!\n" if !defined $inner;
  return if $inner == 0;
  close $socket;
  waitpid $inner, 0;
  exit exit_code($?);
}

sub become_root_of_namespace {
  call('setns', $USER_NAMESPACE, $NEWUSER);
  become(0, 0);
}

sub become {
  change_user(@_);
  # Who has changed its user cannot read what is its own below /proc until it says that it may.
  attempt('prctl', $PR_SET_DUMPABLE, 1, 0, 0, 0);
}

sub change_user {
  my ($uid, $gid) = map { $_ + 0 } @_;
  my $groups = pack 'L', $gid;
  call('setgroups', 1, $groups);
  call('setresgid', $gid, $gid, $gid);
  call('setresuid', $uid, $uid, $uid);
}

# Whoever started us may have left descriptors open, and that of the namespace has done its work.
sub close_others {
  opendir my $directory, '/proc/self/fd' or die "no descriptors: $!\n";
  my @open = grep { /^\d+$/ && $_ > $SOCKET && $_ != fileno $socket } readdir $directory;
  closedir $directory;
  attempt('close', $_ + 0) for @open;
}

# Starts a command and answers the process that stands for it, or none and the exit code.
sub start_command {
  my ($directory, $stdout, $stderr, $files, $processes, $oom_score, $command, @variables) = @_;
  @bounds = ($files, $processes, $oom_score);
  my $become_command = sub {
    # See become.
    attempt('prctl', $PR_SET_DUMPABLE, 1, 0, 0, 0);
    setpgrp 0, 0;
    bound_self();
    chdir $directory or give_up("its directory cannot be entered: $!");
    open STDOUT, '>', $stdout or give_up("its output cannot be opened: $!");
    open STDERR, '>', $stderr or give_up("its output cannot be opened: $!");
    part_from_others() if $can_part;
    say_line("started $$");
    close $socket;
    become_bash(\@variables, '-c', $command, 'bash');
  };
  my $child = $mode eq 'run' ? fork_with_namespaces(sub { be_first($become_command) }) : fork_or_say($become_command);
  return ($child, 1);
}

sub bound_self {
  my ($files, $processes, $oom_score) = @bounds;
  bound($RLIMIT_NOFILE, $files) if $files ne '';
  bound($RLIMIT_NPROC, $processes) if $processes ne '';
  if (open my $score, '>', '/proc/self/oom_score_adj') {
    syswrite $score, $oom_score;
    close $score;
  }
}

sub become_bash {
  my ($variables, @arguments) = @_;
  $SIG{$_} = 'DEFAULT' for @LATER;
  mask_ends($SIG_UNBLOCK);
  %ENV = map { split /=/, $_, 2 } @$variables;
  { no warnings 'exec'; exec { $bash } $bash, @arguments; }
  exit 127;
}

# What of a run that has ended is left for this process to clear away, so that the next one finds nothing of it. The IPC namespace is
# this process' own as well, so that sessions find themselves in it: what the run has left there ends when there is another one.
sub clear_away {
  my $path = '/proc';
  return attempt('umount2', $path, $MNT_DETACH) == 0 && attempt('unshare', $NEWIPC) == 0 && remove_inside('/dev/shm');
}

# Forks into new namespaces; the child is the first process of its PID namespace and has no rights any more.
sub fork_with_namespaces {
  my ($then) = @_;
  # A second `unshare` is refused until the children are ours again.
  call('setns', fileno $own_pids, $NEWPID);
  return say_failure("a PID namespace cannot be made: $!") if attempt('unshare', $NEWPID) == -1;
  return fork_or_say(sub {
    my ($proc, $path) = ('proc', '/proc');
    # Over the one of the run before, or of the sandbox. A mount namespace for each run would copy all mounts.
    call('mount', $proc, $path, $proc, $MS_NOSUID | $MS_NODEV | $MS_NOEXEC, 0);
    $job_uid eq '-' ? drop_capabilities() : become($job_uid, $job_gid);
    $then->();
  });
}

# In a PID namespace: waits for the command and for whatever is orphaned, and takes all that is left along when it ends. While a run is
# being stopped there is a file beside the pipe `hold`: then it stays after the command until a line comes through that pipe, so
# that what the command has started gets its time too.
sub be_first {
  my ($become_command) = @_;
  # Nobody of the same user may trace this process or open what it has open.
  attempt('prctl', $PR_SET_DUMPABLE, 0, 0, 0, 0);
  my $command = fork_or_say($become_command);
  close $socket;
  close $own_pids;
  close $ends if defined $ends;
  exit 1 if !defined $command;
  my $code = 1;
  while ((my $ended = wait) != -1) {
    next if $ended != $command;
    $code = exit_code($?);
    last;
  }
  if (-e "$hold.on" && open my $pipe, '+<', $hold) {
    readline $pipe;
  }
  exit $code;
}

# One that was root and is no more has lost all capabilities by that; this is for the others.
sub drop_capabilities {
  attempt('prctl', $PR_CAP_AMBIENT, $PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  attempt('prctl', $PR_CAPBSET_DROP, $_, 0, 0, 0) for 0 .. $LAST_CAPABILITY;
  my $header = pack 'Ll', $CAPABILITY_VERSION_3, 0;
  my $none = pack 'L6', (0) x 6;
  call('capset', $header, $none);
}

# Through an abstract socket, of which those who share a network share the names, a run could give open descriptors to others, who
# would have them when nothing of the run is left. It reaches only those that it has made itself.
sub part_from_others {
  my $scopes = pack 'Q3', 0, 0, $LANDLOCK_ABSTRACT_SOCKETS;
  my $rules = attempt('landlock_create_ruleset', $scopes, length $scopes, 0);
  give_up("it cannot be parted from the abstract sockets of others: $!")
    if $rules == -1 || attempt('landlock_restrict_self', $rules, 0) == -1;
  attempt('close', $rules);
}

# Both what may be used and what could be asked for, so that a command cannot raise it again.
sub bound {
  my ($resource, $most) = @_;
  my $limits = pack 'Q2', $most, $most;
  attempt('prlimit', 0, $resource, $limits, 0);
}

sub fork_or_say {
  my ($then) = @_;
  my $child = fork;
  return say_failure("the system has no room for a process: $!") if !defined $child;
  if ($child == 0) {
    $then->();
    exit 1;
  }
  return $child;
}

sub exit_code {
  my ($status) = @_;
  return $status & 127 ? 128 + ($status & 127) : $status >> 8;
}

# Whether nothing is left.
sub remove_inside {
  my ($path) = @_;
  opendir my $directory, $path or return 0;
  my $is_clear = 1;
  for my $name (grep { $_ ne '.' && $_ ne '..' } readdir $directory) {
    my $entry = "$path/$name";
    if (-d $entry && !-l $entry) {
      chmod 0700, $entry;
      $is_clear &&= remove_inside($entry) && rmdir $entry;
    } else {
      $is_clear &&= unlink $entry;
    }
  }
  closedir $directory;
  return $is_clear;
}

sub report {
  my ($code) = @_;
  my $usage = "\0" x 144;
  attempt('getrusage', $RUSAGE_CHILDREN, $usage);
  my ($user_s, $user_us, $system_s, $system_us) = unpack 'q4', $usage;
  my $used = ($user_s + $system_s) * 1_000_000 + $user_us + $system_us;
  my %io;
  if (open my $file, '<', '/proc/self/io') {
    %io = map { /^(\w+): (\d+)$/ ? ($1, $2) : () } <$file>;
    close $file;
  }
  my $read = $io{read_bytes} // '-';
  my $written = defined $io{write_bytes} ? $io{write_bytes} - ($io{cancelled_write_bytes} // 0) : '-';
  say_line("used $used $read $written\nended $code");
}

sub give_up {
  my ($words) = @_;
  say_line("failed for-good $words");
  exit 1;
}

sub say_failure {
  my ($words) = @_;
  say_line("failed for-now $words");
  return;
}

sub say_line {
  my ($line) = @_;
  syswrite $socket, "$line\n";
}

sub read_bytes {
  my ($length) = @_;
  my $bytes = '';
  while (length $bytes < $length) {
    my $read = sysread $socket, $bytes, $length - length $bytes, length $bytes;
    return if !$read;
  }
  return $bytes;
}

sub call {
  my ($name) = @_;
  die "$name: $!\n" if &attempt == -1;
}

# Of the arguments, numbers are passed as they are and strings, which must be variables, by their address.
sub attempt {
  my $name = shift;
  return syscall $number->{$name}, @_;
}
