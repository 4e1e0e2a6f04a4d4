#!/bin/sh
# Puts Quarry where every user of a Linux machine finds it, takes the place of an older version, or removes it:
#
#   ./install.sh                 /opt/quarry/<version>, and the command in /usr/local/bin
#   ./install.sh --uninstall     all versions and the command; data directories stay
#
# Run it from the unpacked archive. PREFIX=/some/root puts everything below another root.
set -eu
# Whatever root's own mask is: the server and whoever uses the command are other users.
umask 022

here=$(dirname "$(readlink -f "$0")")
root=${PREFIX:-}
home=$root/opt/quarry
command=$root/usr/local/bin/quarry

if [ "${1:-}" = --uninstall ]; then
  rm -f "$command"
  rm -rf "$home"
  echo "Quarry is removed. Data directories, such as /var/lib/quarry, are still there."
  exit
fi
if [ $# -gt 0 ]; then
  echo "install.sh knows --uninstall and nothing else, not: $*" >&2
  exit 2
fi

version=$(cat "$here/version")
mkdir -p "$home" "$(dirname "$command")"
if [ "$here" != "$(readlink -f "$home")/$version" ]; then
  # Whole or not at all: an agent of a job that runs may be about to load something of it.
  rm -rf "$home/.new"
  cp -R "$here" "$home/.new"
  if [ -e "$home/$version" ]; then
    rm -rf "$home/.old"
    mv "$home/$version" "$home/.old"
  fi
  mv "$home/.new" "$home/$version"
  rm -rf "$home/.old"
fi
ln -sfn "/opt/quarry/$version/bin/quarry" "$command.new"
mv -f "$command.new" "$command"
echo "Quarry $version is installed: $command"
echo "Versions in $home: $(ls "$home" | tr '\n' ' ')"
echo "A server that runs goes on as it was until it is started again; then remove the versions that no job uses any more."
