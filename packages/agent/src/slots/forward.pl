
# Connections to a port of a run, for people who have logged in: a session without a program of its own, in the network of the command and with
# its rights. Asked for as `forward`, id, the same four pipes, address (IPv4 or IPv6, in hexadecimal) and port; what is said is as of other sessions.

# From the headers of Linux, the same on both architectures.
my ($AF_INET, $AF_INET6, $SOCK_STREAM, $SOL_SOCKET, $SO_ERROR, $EINPROGRESS, $ECONNABORTED) = (2, 10, 1, 1, 4, 115, 103);
my $CONNECT_SECONDS = 10;

sub serve_forward {
  my ($id, @pipe_paths) = splice @_, 0, 5;
  my ($address, $port) = @_;
  my ($control, $input, $output, $errors) = become_session($id, @pipe_paths) or return 1;
  my $peer = connect_to($address, $port) or return refuse_session($id, "the port cannot be connected to: $!");
  say_line("opened $id");
  close $_ for $socket, $errors;
  return carry_bytes($control, $input, $output, $peer);
}

sub connect_to {
  my ($address, $port) = @_;
  my $bytes = pack 'H*', $address;
  my $is_old = length $bytes == 4;
  my $name = $is_old ? pack('S n a4 x8', $AF_INET, $port, $bytes) : pack('S n L a16 L', $AF_INET6, $port, 0, $bytes, 0);
  socket my $peer, $is_old ? $AF_INET : $AF_INET6, $SOCK_STREAM, 0 or return;
  fcntl $peer, $F_SETFL, $O_NONBLOCK;
  return $peer if connect $peer, $name;
  return if $! != $EINPROGRESS;
  # Whoever listens and does not take connections is not waited for without end.
  my $writable = '';
  vec($writable, fileno $peer, 1) = 1;
  if (select(undef, $writable, undef, $CONNECT_SECONDS) < 1) {
    $! = $ECONNABORTED;
    return;
  }
  my $error = unpack 'i', getsockopt $peer, $SOL_SOCKET, $SO_ERROR;
  $! = $error;
  return $error == 0 ? $peer : undef;
}

# Each direction ends by itself, as the two of a connection do.
sub carry_bytes {
  my ($control, $input, $output, $peer) = @_;
  fcntl $_, $F_SETFL, $O_NONBLOCK for $input, $output;
  my ($sent, $received) = ('', '');
  while (defined $input || defined $output) {
    my ($readable, $writable) = ('', '');
    vec($readable, fileno $control, 1) = 1;
    vec($readable, fileno $input, 1) = 1 if defined $input && $sent eq '';
    vec($writable, fileno $peer, 1) = 1 if defined $input && $sent ne '';
    vec($readable, fileno $peer, 1) = 1 if defined $output && $received eq '';
    vec($writable, fileno $output, 1) = 1 if defined $output && $received ne '';
    next if select($readable, $writable, undef, undef) < 0;
    return 0 if vec($readable, fileno $control, 1) && !sysread $control, my $lines, $SESSION_BYTES;
    if (defined $input && $sent eq '' && vec $readable, fileno $input, 1) {
      my $read = sysread $input, $sent, $SESSION_BYTES;
      if (defined $read ? $read == 0 : $! != $EAGAIN) {
        shutdown $peer, 1;
        close $input;
        $input = undef;
      }
    } elsif (defined $input && vec $writable, fileno $peer, 1) {
      my $written = syswrite $peer, $sent;
      if (!defined $written && $! != $EAGAIN) {
        # It takes no more, and may have something to say all the same.
        close $input;
        $input = undef;
        $sent = '';
      }
      substr $sent, 0, $written // 0, '';
    }
    if (defined $output && $received eq '' && vec $readable, fileno $peer, 1) {
      my $read = sysread $peer, $received, $SESSION_BYTES;
      if (defined $read ? $read == 0 : $! != $EAGAIN) {
        close $output;
        $output = undef;
      }
    } elsif (defined $output && vec $writable, fileno $output, 1) {
      my $written = syswrite $output, $received;
      return 0 if !defined $written && $! != $EAGAIN;
      substr $received, 0, $written // 0, '';
    }
  }
  return 0;
}
