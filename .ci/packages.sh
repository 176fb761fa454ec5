# Sourced by install-packages: what each group needs, by its name on each system.
# `things` are what must be there on a system whose package manager we do not know:
# commands, libraries and files.

debian_build='gcc libc6-dev make ca-certificates'
debian_run='rabbitmq-server libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libgl1
    libegl1 libwayland-client0 libwayland-egl1 libxkbcommon0 libdbus-1-3 fonts-dejavu-core'
debian_test='xvfb openbox dbus at-spi2-core xdotool imagemagick python3-pika php-cli php-amqplib'
debian_bench='ripgrep jq'
debian_versions='debootstrap debian-archive-keyring'
debian_kafka='maven default-jre-headless'

dnf_build='gcc glibc-devel make ca-certificates'
dnf_run='rabbitmq-server libX11 libX11-xcb libXcursor libXi libxkbcommon-x11 libglvnd-glx
    libglvnd-egl mesa-dri-drivers libwayland-client libwayland-egl libxkbcommon dbus-libs
    dejavu-sans-fonts'
dnf_test='xorg-x11-server-Xvfb openbox dbus-daemon at-spi2-core xdotool ImageMagick python3-pika
    php-cli php-php-amqplib'
dnf_bench='ripgrep jq'
dnf_versions='debootstrap debian-keyring'
dnf_kafka='maven java-headless'

pacman_build='gcc glibc make ca-certificates'
pacman_run='rabbitmq libx11 libxcursor libxi libxkbcommon-x11 libglvnd mesa wayland
    libxkbcommon dbus ttf-dejavu'
pacman_test='xorg-server-xvfb openbox dbus at-spi2-core xdotool imagemagick python-pika php
    php-amqplib'
pacman_bench='ripgrep jq'
pacman_versions='debootstrap debian-archive-keyring'
pacman_kafka='maven jre-openjdk-headless'

zypper_build='gcc glibc-devel make ca-certificates'
zypper_run='rabbitmq-server libX11-6 libX11-xcb1 libXcursor1 libXi6 libxkbcommon-x11-0
    Mesa-libGL1 Mesa-libEGL1 Mesa-dri libwayland-client0 libwayland-egl1 libxkbcommon0
    libdbus-1-3 dejavu-fonts'
zypper_test='xorg-x11-server-Xvfb openbox dbus-1 at-spi2-core xdotool ImageMagick python3-pika
    php-cli php-amqplib'
zypper_bench='ripgrep jq'
zypper_versions='debootstrap'
zypper_kafka='maven java-headless'

things_build='cc make'
things_run='rabbitmq-server libX11.so.6 libX11-xcb.so.1 libXcursor.so.1 libXi.so.6
    libxkbcommon-x11.so.0 libGL.so.1'
things_test='Xvfb openbox dbus-daemon /usr/share/dbus-1/services/org.a11y.Bus.service
    xdotool import python3 php'
things_bench='rg jq'
things_versions='debootstrap'
things_kafka='mvn java'

reasons_build='compiling (a C compiler that links)'
reasons_run='running (RabbitMQ for the sandbox, X11, Wayland and OpenGL libraries, a font)'
reasons_test='testing headless (X server, window manager, accessibility bus, keyboard and
    mouse, screenshots; two AMQP clients that are not ours, to see that messages stay as they are)'
reasons_bench='measuring (the tools that the filters are measured against)'
reasons_versions='testing against newer RabbitMQs (makes folders with newer Debians in them)'
reasons_kafka='an Apache Kafka of its own (Java, and Maven that fetches it)'

# list_for KIND GROUP...: the lists of that kind, joined, on one line.
list_for() {
    kind=$1
    shift
    joined=
    for group in "$@"; do
        case $group in
        build | run | test | bench | versions | kafka) eval "one=\$${kind}_$group" ;;
        *)
            echo "There is no group of packages called $group" >&2
            return 1
            ;;
        esac
        if [ "$kind" = reasons ] && [ -n "$joined" ]; then
            joined="$joined; $one"
        else
            joined="$joined $one"
        fi
    done
    # shellcheck disable=SC2086 # the line breaks and indents of the lists go
    echo $joined
}
