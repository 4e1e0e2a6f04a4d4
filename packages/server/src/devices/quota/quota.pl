# Project quotas of a file system, for storage devices: Node has no system call for them, and programs that have one are not on
# every host. The calls are those that ext4 and XFS have in common; quotactl_fd (Linux 5.14) needs no name of a block device.
#
#   perl quota.pl probe DIRECTORY                     whether quotas of projects are held there: `held` or `not held WORDS`
#   perl quota.pl hold ID KIBIBYTES DIRECTORY...      has all that is made in these directories from now on counted together,
#                                                     and no more of it than that; 0 only counts
#   perl quota.pl look ID KIBIBYTES DIRECTORY         the bytes that are counted, with the bound as it is to be; `strange`
#                                                     where it is of another project
#   perl quota.pl release ID DIRECTORY                takes the bound away
#
# What is said is one line; the exit code is 0 then. No directory is a link: only the last name could be one, and is not followed.
use strict;
use warnings;
use Fcntl qw(O_RDONLY O_NOFOLLOW O_DIRECTORY);

use constant {
  QUOTACTL_FD => 443,
  PROJECTS    => 2,
  GET_STATE   => 0x5805,
  GET_QUOTA   => 0x800007,
  SET_QUOTA   => 0x800008,
  ENFORCED    => 1 << 5,
  GET_ATTRIBUTES => 0x801c581f,
  SET_ATTRIBUTES => 0x401c5820,
  INHERITS    => 0x200,
  # Of `struct if_dqblk`: bounds of blocks.
  BOUNDS      => 1,
};

sub not_held { print "not held @_\n"; exit 0 }

sub directory {
  my ($path) = @_;
  sysopen(my $file, $path, O_RDONLY | O_NOFOLLOW | O_DIRECTORY) or not_held("$path: $!");
  return $file;
}

sub quota {
  # The answer is written into the variable that was given.
  my ($file, $command, $id) = @_;
  return syscall(QUOTACTL_FD, fileno($file), ($command << 8) | PROJECTS, $id + 0, $_[3]) == 0;
}

sub refuse_unheld {
  my ($file) = @_;
  my $state = "\0" x 256;
  quota($file, GET_STATE, 0, $state) or not_held("$!");
  (unpack 'x2 S', $state)[0] & ENFORCED or not_held('quotas of projects are not enforced');
}

# Flags, sizes and the project of an inode: `struct fsxattr`.
sub attributes {
  my ($file) = @_;
  my $attributes = "\0" x 28;
  ioctl($file, GET_ATTRIBUTES, $attributes) or not_held("$!");
  return unpack 'L5 a8', $attributes;
}

sub count_together {
  my ($file, $id) = @_;
  my ($flags, $extent, $extents, $project, $cow, $rest) = attributes($file);
  my $attributes = pack 'L5 a8', $flags | INHERITS, $extent, $extents, $id, $cow, $rest;
  ioctl($file, SET_ATTRIBUTES, $attributes) or not_held("$!");
}

# `struct if_dqblk`: the bound in kibibytes, a softer one, and the bytes that there are.
sub counted {
  my ($file, $id) = @_;
  my $block = "\0" x 72;
  quota($file, GET_QUOTA, $id, $block) or return (0, 0);
  return (unpack 'Q Q Q', $block)[0, 2];
}

sub bind_to {
  my ($file, $id, $kibibytes) = @_;
  my $block = pack 'Q8 L x4', $kibibytes, 0, 0, 0, 0, 0, 0, 0, BOUNDS;
  quota($file, SET_QUOTA, $id, $block) or not_held("$!");
}

my ($command, @arguments) = @ARGV;
if ($command eq 'probe') {
  refuse_unheld(directory(@arguments));
  print "held\n";
} elsif ($command eq 'hold') {
  my ($id, $kibibytes, @paths) = @arguments;
  my @files = map { directory($_) } @paths;
  refuse_unheld($files[0]);
  bind_to($files[0], $id, $kibibytes);
  count_together($_, $id) for @files;
  print "held\n";
} elsif ($command eq 'look') {
  my ($id, $kibibytes, $path) = @arguments;
  my $file = directory($path);
  refuse_unheld($file);
  my ($flags, undef, undef, $project) = attributes($file);
  unless ($project == $id && $flags & INHERITS) {
    print "strange\n";
    exit 0;
  }
  my ($bound, $bytes) = counted($file, $id);
  bind_to($file, $id, $kibibytes) if $bound != $kibibytes;
  print "counted $bytes\n";
} elsif ($command eq 'release') {
  my ($id, $path) = @arguments;
  bind_to(directory($path), $id, 0);
  print "released\n";
} else {
  die "quota.pl knows no $command\n";
}
