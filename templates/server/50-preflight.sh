# --- Before anything is touched ------------------------------------------------------------------------------------

# at_least: whether version $1 is $2 or newer (numbers and dots).
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

# number_of: a version without its prefix and suffixes (v2.26.1-desktop.1, 20.10.24+dfsg1); empty when it is none.
number_of() {
  [[ $1 =~ ^v?([0-9]+([.][0-9]+)+) ]] && printf '%s' "${BASH_REMATCH[1]}"
  return 0
}

# check_tools: what this script itself needs. The connection asks, since the lock is one of those tools.
check_tools() {
  local tool
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
    problem "bash is $BASH_VERSION, and 4.4 or newer is needed" "install a newer bash on the server"
  fi
  for tool in docker curl flock tar timeout sha256sum setsid df sort tail stat; do
    command -v "$tool" >/dev/null || problem "$tool is not installed" "install it on the server"
  done
  # A busybox has the names, but not what is asked of them.
  df --output=avail,itotal,iavail -- / >/dev/null 2>&1 || problem "df does not know --output" "install the package coreutils"
}

# check_engine: the engine and Compose are there, and new enough for what the overlay says.
check_engine() {
  local version
  version=$(timeout -k 5 20 docker version --format '{{.Server.Version}}' 2>/dev/null </dev/null) || version=
  version=$(number_of "$version")
  if [[ -z $version ]]; then
    problem "the Docker engine does not answer to the account $(id -un)" "systemctl status docker; usermod -aG docker $(id -un)"
    return 0
  fi
  at_least "$version" 20.10 || problem "the Docker engine is $version, and 20.10 or newer is needed" "install a newer engine"
  version=$(timeout -k 5 20 docker compose version --short 2>/dev/null </dev/null) || version=
  version=$(number_of "$version")
  if [[ -z $version ]] || ! at_least "$version" 2.24.4; then
    problem "Docker Compose is ${version:-missing}, and 2.24.4 or newer is needed" "install the package docker-compose-plugin"
  fi
}

check_architecture() {
  local machine
  machine=$(uname -m)
  case "$machine:${SETTING[platform]}" in
    x86_64:linux/amd64 | aarch64:linux/arm64 | arm64:linux/arm64) ;;
    *) problem "this server is $machine, the definition says ${SETTING[platform]}" "correct platform: of the server in the definition" ;;
  esac
}

# check_image_architecture: a tag may have been built for the wrong machine; that shows only now.
check_image_architecture() {
  local platform
  platform=$(engine image inspect --format '{{.Os}}/{{.Architecture}}' "$IMAGE@$DIGEST") || platform=unknown
  [[ $platform == "${SETTING[platform]}" ]] ||
    problem "the image is for $platform, this server needs ${SETTING[platform]}" "build the image for ${SETTING[platform]}"
}

# check_space: a pull that fills the disk takes every tenant of the server down with it. An image that is here already needs no
# room: going back to it must be possible on a full disk.
check_space() {
  local folder root megabytes total inodes need_megabytes=$FREE_MEGABYTES need_inodes=20000
  if has_image; then need_megabytes=8 need_inodes=100; fi
  root=$(engine info --format '{{.DockerRootDir}}' 2>/dev/null) || root=
  for folder in "$DIR" ${root:+"$root"}; do
    # The engine's folder may lie where this account cannot look.
    read -r megabytes total inodes < <(df --output=avail,itotal,iavail -B 1M -- "$folder" 2>/dev/null | tail -n 1) || continue
    if [[ $megabytes =~ ^[0-9]+$ ]] && ((megabytes < need_megabytes)); then
      problem "$folder has $megabytes MB free, and $need_megabytes MB are needed" \
        "docker system df shows what takes room; journalctl --vacuum-size=200M"
    fi
    # Btrfs and XFS make inodes as they go and may report none at all.
    if [[ $total =~ ^[0-9]+$ && $inodes =~ ^[0-9]+$ ]] && ((total > 0 && inodes < need_inodes)); then
      problem "$folder has $inodes inodes free, and $need_inodes are needed" "find what makes many small files: du --inodes -xd2 /"
    fi
  done
}

# listens: whether something on this server accepts connections on a TCP port. Read from the kernel's table, so that no
# further tool is needed (state 0A is LISTEN).
listens() {
  local file table local_address state hex
  printf -v hex '%04X' "$1"
  for file in /proc/net/tcp /proc/net/tcp6; do
    [[ -r $file ]] || continue
    # At once: read line by line, the table of a busy server takes half a minute.
    table=$(<"$file")
    [[ $table == *":$hex "* ]] || continue
    while read -r _ local_address _ state _; do
      [[ $state == 0A && $local_address == *":$hex" ]] && return 0
    done <<<"$table"
  done
  return 1
}

# check_ports: each port is free or held by this tenant's own containers.
check_ports() {
  local port holders holder
  for port in ${SETTING[ports]}; do
    holders=$(engine ps --filter "publish=$port" --format '{{.Names}} {{.Label "com.docker.compose.project"}}') || holders=
    if [[ -z $holders ]]; then
      ! listens "$port" || problem "port $port is held by another program of this server" "ss -ltnp 'sport = :$port' names it"
      continue
    fi
    while IFS= read -r holder; do
      [[ ${holder#* } == "$PROJECT" ]] ||
        problem "port $port is published by the container ${holder%% *}" "stop it, or give the tenant another port"
    done <<<"$holders"
  done
}

# check_container_names: Compose cannot create a container whose name another project has.
check_container_names() {
  local container project
  for container in "${CONTAINERS[@]}"; do
    project=$(engine container inspect --format '{{index .Config.Labels "com.docker.compose.project"}}' "$container" 2>/dev/null) || continue
    [[ $project == "$PROJECT" ]] || problem "the container $container belongs to ${project:-nobody known to Compose}" "rename or remove it"
  done
}

# check_directory: `current` and the links are ours or not there yet; a file that somebody put over a link is not thrown away.
check_directory() {
  local file current
  current=$(current_release)
  if [[ (-e $DIR/current || -L $DIR/current) && (-z $current || ! -d $DIR/releases/$current) ]]; then
    problem "$DIR/current does not name a release" "see what it is and move it away: mv $DIR/current $DIR/current.mine"
  fi
  for file in docker-compose.yml docker-compose.override.yml; do
    if [[ -n $current && -e $DIR/$file && $(readlink -- "$DIR/$file") != "current/$file" ]] && ! same_text "$DIR/$file" "$DIR/current/$file"; then
      problem "$DIR/$file was replaced by hand; it should be a link to current/$file" "carry its changes over to the repository, and move it away: mv $DIR/$file $DIR/$file.mine"
    fi
  done
  # https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file: these come before our names, or beside them.
  for file in compose.yaml compose.yml docker-compose.yaml compose.override.yaml compose.override.yml docker-compose.override.yaml; do
    if [[ -e $DIR/$file ]]; then
      problem "$DIR/$file would be read by Compose beside or before the release's file" "move it away: mv $DIR/$file $DIR/$file.mine"
    fi
  done
}

# check_sessions: systemd-logind ends every process of a session at its end where it is told to; the worker would die with the connection.
check_sessions() {
  local answer
  command -v busctl >/dev/null || return 0
  answer=$(timeout -k 5 10 busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager \
    KillUserProcesses 2>/dev/null </dev/null) || return 0
  [[ $answer != 'b true' ]] ||
    problem "logind kills an account's processes when its session ends (KillUserProcesses=yes)" "set KillUserProcesses=no in /etc/systemd/logind.conf"
}

# preflight: what depends on the engine and the machine. The files were looked at before.
preflight() {
  local known=${#PROBLEMS[@]}
  check_engine
  ((${#PROBLEMS[@]} == known)) || return 0
  check_sessions
  check_architecture
  check_space
  check_ports
  check_container_names
}
