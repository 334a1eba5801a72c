# --- Before anything is touched ------------------------------------------------------------------------------------

# at_least: whether version $1 is $2 or newer (numbers and dots).
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

# check_tools: what this script needs from the server.
check_tools() {
  local tool version
  for tool in docker curl flock tar timeout sha256sum setsid; do
    command -v "$tool" >/dev/null || problem "$tool is not installed" "install it on the server"
  done
  version=$(timeout 20 docker version --format '{{.Server.Version}}' 2>/dev/null </dev/null) || version=
  if [[ -z $version ]]; then
    problem "the Docker engine does not answer to the account $(id -un)" "systemctl status docker; usermod -aG docker $(id -un)"
    return 0
  fi
  version=$(timeout 20 docker compose version --short 2>/dev/null </dev/null) || version=
  version=${version#v}
  version=${version%%[-+]*}
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
  platform=$(docker image inspect --format '{{.Os}}/{{.Architecture}}' "$IMAGE@$DIGEST" </dev/null) || return 1
  [[ $platform == "${SETTING[platform]}" ]] && return 0
  problem "the image is for $platform, this server needs ${SETTING[platform]}" "build the image for ${SETTING[platform]}"
  return 1
}

# check_space: a pull that fills the disk takes every tenant of the server down with it.
check_space() {
  local folder megabytes inodes total root
  root=$(timeout 20 docker info --format '{{.DockerRootDir}}' 2>/dev/null </dev/null) || root=
  for folder in "$DIR" ${root:+"$root"}; do
    megabytes=$(df --output=avail -B 1M -- "$folder" 2>/dev/null | tail -n 1) || continue
    if ((megabytes < FREE_MEGABYTES)); then
      problem "$folder has $((megabytes)) MB free, and $FREE_MEGABYTES MB are needed" "docker system df shows what takes room; journalctl --vacuum-size=200M"
    fi
    read -r total inodes < <(df --output=itotal,iavail -- "$folder" 2>/dev/null | tail -n 1) || continue
    # Btrfs and XFS make inodes as they go and may report none at all.
    if [[ $total =~ ^[0-9]+$ ]] && ((total > 0 && inodes < 20000)); then
      problem "$folder has $inodes inodes free, and 20000 are needed" "find what makes many small files: du --inodes -xd2 /"
    fi
  done
}

# listens: whether something on this server accepts connections on a TCP port. Read from the kernel's table, so that no
# further tool is needed (state 0A is LISTEN).
listens() {
  local file local_address state hex
  printf -v hex '%04X' "$1"
  for file in /proc/net/tcp /proc/net/tcp6; do
    [[ -r $file ]] || continue
    while read -r _ local_address _ state _; do
      [[ $state == 0A && $local_address == *":$hex" ]] && return 0
    done <"$file"
  done
  return 1
}

# check_ports: each port is free or held by this tenant's own containers.
check_ports() {
  local port holder
  for port in ${SETTING[ports]}; do
    holder=$(docker ps --filter "publish=$port" --format '{{.Names}} {{.Label "com.docker.compose.project"}}' </dev/null | head -n 1)
    if [[ -n $holder ]]; then
      [[ ${holder#* } == "$PROJECT" ]] ||
        problem "port $port is published by the container ${holder%% *}" "stop it, or give the tenant another port"
    elif listens "$port"; then
      problem "port $port is held by another program of this server" "ss -ltnp 'sport = :$port' names it"
    fi
  done
}

# check_container_names: Compose cannot create a container whose name another project has.
check_container_names() {
  local container project
  while IFS= read -r container; do
    [[ -n $container ]] || continue
    project=$(docker container inspect --format '{{index .Config.Labels "com.docker.compose.project"}}' "$container" 2>/dev/null </dev/null) || continue
    [[ $project == "$PROJECT" ]] || problem "the container $container belongs to ${project:-nobody known to Compose}" "rename or remove it"
  done <<<"${SETTING_LIST[container]-}"
}

# check_directory: the links are ours or not there yet; a file that somebody put over a link is not thrown away.
check_directory() {
  local file
  for file in docker-compose.yml docker-compose.override.yml; do
    if [[ -L $DIR/current && -e $DIR/$file && ! -L $DIR/$file ]]; then
      problem "$DIR/$file was replaced by hand; it should be a link to current/$file" "move it away: mv $DIR/$file $DIR/$file.mine"
    fi
  done
  for file in compose.yml compose.yaml docker-compose.yaml; do
    if [[ -e $DIR/$file ]]; then
      problem "$DIR/$file would be read by Compose beside or before the release's file" "move it away: mv $DIR/$file $DIR/$file.mine"
    fi
  done
  # systemd-logind ends every process of a session at its end where it is told to; the worker would die with the connection.
  if command -v busctl >/dev/null &&
    [[ $(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager KillUserProcesses 2>/dev/null) == 'b true' ]]; then
    problem "logind kills an account's processes when its session ends (KillUserProcesses=yes)" "set KillUserProcesses=no in /etc/systemd/logind.conf"
  fi
}

preflight() {
  check_tools
  ((${#PROBLEMS[@]} == 0)) || return 0
  check_architecture
  check_directory
  check_environment_file
  check_space
  check_ports
  check_container_names
}
