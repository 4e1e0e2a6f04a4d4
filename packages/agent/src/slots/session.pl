
# Sessions of people who have logged in to a run: processes beside its command, in the same namespaces and with the same rights. They are asked for
# as `session`, id, named pipes for control, input, output and errors, columns and rows of a terminal (both empty without one), directory,
# command (empty for a shell), and then variables as NAME=VALUE. What is said: `opened ID` once the pipes are open,
# `refused ID WORDS`, and `left ID STATUS` with what `waitpid` tells.
#
# Between here and the command or shell stands one process, which keeps the terminal. Lines come to it through the control pipe: `size COLUMNS ROWS`,
# `signal NAME`. When that pipe ends, whoever was there has hung up.

# From the headers of Linux, the same on both architectures.
my ($F_SETFL, $O_NONBLOCK) = (4, 04000);
my ($TCGETS, $TCSETS, $IUTF8, $TIOCSCTTY, $TIOCSWINSZ) = (0x5401, 0x5402, 040000, 0x540E, 0x5414);
my ($TIOCSPTLCK, $TIOCGPTN) = (0x40045431, 0x80045430);
my $EAGAIN = 11;
my $SESSION_BYTES = 65536;

sub open_session {
  my ($serve, $id, @request) = @_;
  return say_line("refused $id no command is being executed") if !defined $command;
  # What the kernel forks for us lands in the PID namespace of the command, as long as there is one.
  my $child = fork;
  return say_line("refused $id the system has no room for a process: $!") if !defined $child;
  if ($child == 0) {
    exit $serve->($id, @request);
  }
  $sessions{$child} = $id;
}

sub leave_session {
  my ($pid, $status) = @_;
  my $id = delete $sessions{$pid};
  say_line("left $id $status") if defined $id;
}

# Ends their processes; with namespaces of a run of their own the kernel has done so already.
sub end_sessions {
  for my $pid (keys %sessions) {
    kill KILL => -$pid, $pid;
    waitpid $pid, 0;
    leave_session($pid, $?);
  }
}

# In the child: nobody of the run may look into this process before it has lost the rights of the launcher, nor what it holds open. Answers
# the opened pipes, or nothing when that was refused.
sub become_session {
  my ($id, $control_path, $input_path, $output_path, $errors_path) = @_;
  %sessions = ();
  setpgrp 0, 0;
  bound_self();
  attempt('prctl', $PR_SET_DUMPABLE, 0, 0, 0, 0);
  my ($control, $input, $output, $errors);
  if (!(open $control, '<', $control_path and open $input, '<', $input_path
      and open $output, '>', $output_path and open $errors, '>', $errors_path)) {
    refuse_session($id, "its pipes cannot be opened: $!");
    return;
  }
  close $own_pids if defined $own_pids;
  if ($mode eq 'run') {
    $job_uid eq '-' ? drop_capabilities() : change_user($job_uid, $job_gid);
  }
  return ($control, $input, $output, $errors);
}

sub serve_session {
  my ($id, @pipe_paths) = splice @_, 0, 5;
  my ($columns, $rows, $directory, $command, @variables) = @_;
  my ($control, $input, $output, $errors) = become_session($id, @pipe_paths) or return 1;
  my $terminal = $columns eq '' ? undef : open_terminal($columns, $rows);
  return refuse_session($id, "no terminal can be had: $!") if $columns ne '' && !defined $terminal;
  chdir $directory or return refuse_session($id, "its directory cannot be entered: $!");
  my $child = fork;
  return refuse_session($id, "the system has no room for a process: $!") if !defined $child;
  my @arguments = $command eq '' ? () : ('-c', $command, 'bash');
  if ($child == 0) {
    close $socket;
    if (defined $terminal) {
      take_terminal($terminal) or exit 126;
    } else {
      open STDIN, '<&', $input and open STDOUT, '>&', $output and open STDERR, '>&', $errors or exit 126;
    }
    become_bash(\@variables, @arguments);
  }
  say_line("opened $id");
  close $socket;
  close $errors;
  if (!defined $terminal) {
    close $input;
    close $output;
    return stand_by($control, $child);
  }
  return relay($control, $input, $output, $terminal->{master}, $child);
}

sub refuse_session {
  my ($id, $words) = @_;
  say_line("refused $id $words");
  return 1;
}

# Waits for a child that has the pipes itself.
sub stand_by {
  my ($control, $child) = @_;
  my $lines = '';
  while (1) {
    my $ready = '';
    vec($ready, fileno $_, 1) = 1 for $ends, $control;
    next if select($ready, undef, undef, undef) < 0;
    if (vec $ready, fileno $control, 1) {
      hear_control($control, \$lines, $child, getpgrp(), undef) or return hang_up($child, getpgrp());
    }
    my $status = vec($ready, fileno $ends, 1) ? take_end($child) : undef;
    end_alike($status) if defined $status;
  }
}

# Carries bytes between the pipes and a terminal that the child has. Neither direction waits for the other: a command that prints to somebody who does
# not read can still be interrupted.
sub relay {
  my ($control, $input, $output, $master, $child) = @_;
  fcntl $_, $F_SETFL, $O_NONBLOCK for $input, $output, $master;
  my ($lines, $typed, $shown, $status, $is_drained) = ('', '', '', undef, 0);
  until (defined $status && $is_drained && $shown eq '') {
    my ($readable, $writable) = ('', '');
    vec($readable, fileno $ends, 1) = 1 if !defined $status;
    vec($readable, fileno $control, 1) = 1;
    vec($readable, fileno $input, 1) = 1 if defined $input && $typed eq '';
    vec($readable, fileno $master, 1) = 1 if !$is_drained && $shown eq '';
    vec($writable, fileno $master, 1) = 1 if $typed ne '' && !$is_drained;
    vec($writable, fileno $output, 1) = 1 if $shown ne '';
    next if select($readable, $writable, undef, undef) < 0;
    if (vec $readable, fileno $control, 1) {
      # The child has a group of its own, and who is in front of the terminal hears of its end from the kernel.
      hear_control($control, \$lines, $child, $child, $master) or return hang_up($child, $child);
    }
    if (vec $readable, fileno $ends, 1) {
      $status = take_end($child);
    }
    if (defined $input && vec $readable, fileno $input, 1) {
      my $read = sysread $input, $typed, $SESSION_BYTES;
      if (defined $read && $read == 0) {
        close $input;
        $input = undef;
        # As somebody who types the character for the end of input.
        $typed = "\4";
      }
    }
    if (vec $writable, fileno $master, 1) {
      my $written = syswrite $master, $typed;
      substr $typed, 0, $written, '' if defined $written;
    }
    if (vec($writable, fileno $output, 1)) {
      my $written = syswrite $output, $shown;
      return hang_up($child, $child) if !defined $written && $! != $EAGAIN;
      substr $shown, 0, $written // 0, '';
    }
    if (!$is_drained && $shown eq '') {
      my $read = sysread $master, $shown, $SESSION_BYTES;
      # Without a child whoever still has the terminal is not waited for; before that an error is the end of all who had it.
      $is_drained = 1 if !$read && (defined $status || defined $read || $! != $EAGAIN);
    }
  }
  end_alike($status);
}

# False once the other side has hung up.
sub hear_control {
  my ($control, $lines, $child, $group, $master) = @_;
  my $read = sysread $control, $$lines, $SESSION_BYTES, length $$lines;
  return 0 if !$read;
  while ($$lines =~ s/^([^\n]*)\n//) {
    my ($what, @values) = split / /, $1;
    if ($what eq 'size' && defined $master) {
      set_size($master, @values);
    } elsif ($what eq 'signal') {
      # This process is in the group of a child without a terminal, and takes none of these.
      kill $values[0], -$group;
    }
  }
  return length $$lines < $SESSION_BYTES;
}

sub take_end {
  my ($child) = @_;
  sysread $ends, my $signals, $SIGNAL_BYTES;
  return waitpid($child, $WNOHANG) == $child ? $? : undef;
}

sub hang_up {
  my ($child, $group) = @_;
  kill HUP => -$group;
  kill CONT => -$group;
  return 1;
}

# Ends as the child has ended, so that whoever waits for this process learns of a signal too.
sub end_alike {
  my ($status) = @_;
  if (my $signal = $status & 127) {
    $SIG{$_} = 'DEFAULT' for @LATER;
    kill $signal, $$;
  }
  exit exit_code($status);
}

sub open_terminal {
  my ($columns, $rows) = @_;
  open my $master, '+<', '/dev/ptmx' or return;
  my ($unlocked, $number) = (pack('i', 0), pack 'I', 0);
  ioctl $master, $TIOCSPTLCK, $unlocked or return;
  ioctl $master, $TIOCGPTN, $number or return;
  open my $slave, '+<', '/dev/pts/' . unpack 'I', $number or return;
  my $settings = "\0" x 64;
  if (ioctl $slave, $TCGETS, $settings) {
    my ($input_modes, $rest) = unpack 'La*', $settings;
    $settings = pack 'La*', $input_modes | $IUTF8, $rest;
    ioctl $slave, $TCSETS, $settings;
  }
  set_size($master, $columns, $rows);
  return { master => $master, slave => $slave };
}

sub set_size {
  my ($master, $columns, $rows) = @_;
  my $size = pack 'S4', $rows, $columns, 0, 0;
  ioctl $master, $TIOCSWINSZ, $size;
}

sub take_terminal {
  my ($terminal) = @_;
  my $slave = $terminal->{slave};
  return attempt('setsid') != -1 && ioctl($slave, $TIOCSCTTY, 0) && open(STDIN, '<&', $slave) && open(STDOUT, '>&', $slave)
    && open STDERR, '>&', $slave;
}
