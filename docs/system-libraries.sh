#!/bin/sh
# The system libraries that Qt needs on Linux: installs the missing ones on Debian and Ubuntu when run as root, else says
# which are missing. Nothing to do on Windows and macOS, where the Qt wheels bring everything.
set -eu

[ "$(uname -s)" = Linux ] || exit 0

# library : Debian package
NEEDED="libEGL.so.1:libegl1 libGL.so.1:libgl1 libxkbcommon.so.0:libxkbcommon0 libdbus-1.so.3:libdbus-1-3
libfontconfig.so.1:libfontconfig1 libglib-2.0.so.0:libglib2.0-0 libxcb-cursor.so.0:libxcb-cursor0
libxcb-icccm.so.4:libxcb-icccm4 libxcb-image.so.0:libxcb-image0 libxcb-keysyms.so.1:libxcb-keysyms1
libxcb-randr.so.0:libxcb-randr0 libxcb-render-util.so.0:libxcb-render-util0 libxcb-shape.so.0:libxcb-shape0
libxcb-xkb.so.1:libxcb-xkb1 libxkbcommon-x11.so.0:libxkbcommon-x11-0"

known=$( (ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null) || true)
missing=""
packages=""
for pair in $NEEDED; do
    library=${pair%%:*}
    case "$known" in
    *"$library"*) ;;
    *)
        missing="$missing $library"
        packages="$packages ${pair##*:}"
        ;;
    esac
done

[ -n "$missing" ] || exit 0

if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then
        echo "installing the system libraries that Qt needs:$packages"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages >/dev/null && exit 0
    fi
    echo "Qt needs system libraries that are missing:$missing"
    echo "install them with: sudo apt-get install$packages"
else
    echo "Qt needs system libraries that are missing:$missing"
    echo "install them with your distribution's package manager"
fi
# not an error: without a screen much works without them, and the window says what it lacks
exit 0
