# Starts coturn with the configuration beside this file and the secret that it shares with the relay: TURN_SECRET if that is set, else what
# the relay keeps in TURN_SECRET_FILE. coturn reads it from a file, since everybody on the machine may see its arguments.
set -eu
umask 077

if [ -z "${TURN_SECRET:-}" ]; then
  if [ ! -s "$TURN_SECRET_FILE" ]; then
    echo "Waiting for $TURN_SECRET_FILE, which the relay makes when TURN_URLS names a turn: server" >&2
    until [ -s "$TURN_SECRET_FILE" ]; do sleep 1; done
  fi
  TURN_SECRET=$(cat "$TURN_SECRET_FILE")
fi

folder=$(mktemp -d)
{
  cat "$(dirname "$0")/turnserver.conf"
  printf 'static-auth-secret=%s\n' "$TURN_SECRET"
  # Behind NAT: the public address, or public/private.
  if [ -n "${TURN_EXTERNAL_IP:-}" ]; then echo "external-ip=$TURN_EXTERNAL_IP"; fi
  echo "userdb=$folder/users"
  echo "pidfile=$folder/pid"
} >"$folder/turnserver.conf"
unset TURN_SECRET
exec turnserver -c "$folder/turnserver.conf" "$@"
