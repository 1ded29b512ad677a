#!/bin/sh
# image-root.sh PROGRAM DIR, for Containerfile: makes the root directory of an image in DIR: the
# program, the libraries that it loads and their licences, the certificates that
# TLS clients trust, and a user without privileges, 65532.
set -eu
program=$1
root=$2

mkdir -p "$root/usr/bin" "$root/etc/ssl/certs" "$root/var/lib"
install -m 755 -s "$program" "$root/usr/bin/"

# copy_licence <package>
copy_licence() {
  mkdir -p "$root/usr/share/doc/$1"
  cp -L "/usr/share/doc/$1/copyright" "$root/usr/share/doc/$1/"
}

# The libraries of the program, the linker among them, where the linker looks for
# them. As in Debian, /lib is a link to /usr/lib.
mkdir -p "$root/usr/lib" "$root/usr/lib64"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
ldd "$program" | sed -nE 's/.*(=> |^\s+)(\/[^ ]+) \(.*/\2/p' | sort -u \
  | while read -r library; do
    place="$root/usr${library#/usr}"
    mkdir -p "$(dirname "$place")"
    cp -L "$library" "$place"
    package=$(dpkg-query --search "$(readlink -f "$library")" \
      "*/$(basename "$(readlink -f "$library")")" 2>/dev/null \
      | sed -n '1s/:.*//p')
    [ -z "$package" ] || copy_licence "$package"
  done
mkdir -p "$root/usr/share/doc/bridgekeeper"
cp packaging/debian/copyright "$root/usr/share/doc/bridgekeeper/"

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" 2>/dev/null \
  || echo "image-root.sh: ca-certificates is not installed, so the image has" \
    "no certificates" >&2
printf '%s\n' 'root:x:0:0:root:/:/sbin/nologin' \
  'bridgekeeper:x:65532:65532:Bridgekeeper:/var/lib/bridgekeeper:/sbin/nologin' \
  >"$root/etc/passwd"
printf '%s\n' 'root:x:0:' 'bridgekeeper:x:65532:' >"$root/etc/group"
