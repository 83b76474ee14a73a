#!/usr/bin/env bash
# Installs what the appliance needs on Debian 12 or Ubuntu 24.04. Safe to run twice; says what it changed.
set -o errexit -o nounset -o pipefail

# The one list of Debian packages: what runs the appliance, then what its tests drive it with.
packages=(
    espeak-ng
    git
    make
    mosquitto
    openssl
    procps
    python3
    python3-venv

    chromium
    ffmpeg
    fonts-dejavu-core
    gir1.2-gst-rtsp-server-1.0
    gstreamer1.0-plugins-bad
    gstreamer1.0-plugins-base
    gstreamer1.0-plugins-good
    mosquitto-clients
    postgresql
    python3-gi
    sip-tester
    strace
    vlc-bin
    vlc-plugin-base
)

# A browser for the tests of the page. Ubuntu has it as a snap only, whose package is an empty shell: those tests are
# skipped there, and say so.
distribution() {
    (. /etc/os-release && echo "$ID")
}
no_browser=no
if [ -r /etc/os-release ] && [ "$(distribution)" = ubuntu ]; then
    no_browser=yes
    for place in "${!packages[@]}"; do
        if [ "${packages[$place]}" = chromium ]; then
            unset "packages[$place]"
        fi
    done
fi

usage() {
    cat <<'USAGE'
Usage: ./install.sh --packages
       ./install.sh --help

  --packages   install the Debian packages that are missing (as root, or with sudo); does nothing where none is
  --help       say this
USAGE
}

installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Runs a command as root: as it is where we are root, else through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# The package starts a broker of its own on port 1883. The appliance brings its own or is given one by name, so
# where this script brought that service it is not left running or starting at boot. One that was there is not touched.
quiet_new_broker() {
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --now --quiet mosquitto.service
    elif [ -x /etc/init.d/mosquitto ]; then
        as_root /etc/init.d/mosquitto stop >/dev/null 2>&1 || true
        as_root update-rc.d mosquitto disable >/dev/null 2>&1 || true
    fi
    echo "install.sh: the mosquitto service that came with its package was stopped and disabled;" \
        "'systemctl enable --now mosquitto' brings it back."
}

# The package makes a cluster of its own and starts it. The tests make theirs and a hub is given one by name, so where this
# script brought the package no cluster is made; one that was there is not touched.
no_new_cluster() {
    if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
        as_root mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
        echo "install.sh: PostgreSQL is installed without a database cluster of its own; 'pg_createcluster' makes one."
    fi
}

install_packages() {
    local missing=() package broker_is_new=no
    if ! command -v dpkg-query >/dev/null; then
        echo "install.sh: this is not Debian or Ubuntu: nothing was installed. Needed: ${packages[*]}" >&2
        exit 1
    fi
    for package in "${packages[@]}"; do
        installed "$package" || missing+=("$package")
    done
    if [ "${#missing[@]}" -eq 0 ]; then
        return
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "install.sh: missing: ${missing[*]}. Nothing was installed: run './install.sh --packages' as root." >&2
        exit 1
    fi
    if [[ " ${missing[*]} " == *" mosquitto "* ]]; then
        broker_is_new=yes
    fi
    if [[ " ${missing[*]} " == *" postgresql "* ]]; then
        no_new_cluster
    fi
    echo "install.sh: installing ${missing[*]}"
    as_root apt-get update --quiet=2
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}"
    echo "install.sh: installed ${missing[*]}"
    if [ "$broker_is_new" = yes ]; then
        quiet_new_broker
    fi
    if [ "$no_browser" = yes ]; then
        echo "install.sh: this distribution has no chromium package: the tests of the page in a browser will be skipped."
    fi
}

if [ "$#" -ne 1 ]; then
    usage >&2
    exit 2
fi
case "$1" in
    --packages) install_packages ;;
    --help) usage ;;
    *)
        usage >&2
        exit 2
        ;;
esac
