# Starts the official image's PostgreSQL with a password that is made at the first start and kept where the relays read it, unless
# POSTGRES_PASSWORD is set. Only a new database takes its password from here.
set -eu
file=$PASSWORD_FOLDER/password

if [ -z "${POSTGRES_PASSWORD:-}" ]; then
  unset POSTGRES_PASSWORD
  if [ ! -s "$file" ]; then
    umask 077
    head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$file.new"
    # The relays' user.
    chown 1000 "$file.new"
    mv "$file.new" "$file"
    umask 022
  fi
  export POSTGRES_PASSWORD_FILE="$file"
fi
exec docker-entrypoint.sh postgres "$@"
