#!/bin/sh
# make-pages.sh BRIDGEKEEPER DIR: makes the manual pages and completions in DIR
# from the program's own definitions, for each package:
#
#   DIR/daemon/man1  all pages of bridgekeeper
#   DIR/bridge/man1  the page of bridgekeeper-bridge
#   DIR/bridgekeeper.bash, DIR/bridgekeeper.zsh  for both programs
set -eu
program=$1
out=$2

rm -rf "$out"
mkdir -p "$out/daemon/man1" "$out/bridge/man1"
"$program" help --man-pages "$out/daemon/man1"

# `bridgekeeper bridge` and bridgekeeper-bridge are one command, and their pages
# have the same name. The daemon's package has it under another extension, as
# OpenSSL does with its pages, so that both packages can be installed; `man
# bridgekeeper-bridge` finds either.
page=bridgekeeper-bridge.1
sed 's/bridgekeeper bridge/bridgekeeper\\-bridge/g' \
  "$out/daemon/man1/$page" >"$out/bridge/man1/$page"
sed 's/^\(\.TH [^ ]* \)1/\11bridgekeeper/' \
  "$out/daemon/man1/$page" >"$out/daemon/man1/${page}bridgekeeper"
rm "$out/daemon/man1/$page"
# -n: neither names nor times, so that equal pages give equal files.
gzip -9n "$out"/*/man1/*

"$program" completion bash >"$out/bridgekeeper.bash"
"$program" completion zsh >"$out/bridgekeeper.zsh"
