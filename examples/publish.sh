#!/bin/sh
# The calls of a backend, with curl: publish to a user, list the inbox, mark it read.
#
#   sh examples/publish.sh [user] [title]
set -eu

# Stops at the first call that is refused, and shows why.
call() {
  answer=$(curl -sS --fail-with-body "$@" -H "Authorization: Bearer $KEY") || {
    printf '%s\n' "$answer" >&2
    exit 1
  }
  printf '%s\n' "$answer"
}

HUB=${HUB:-http://127.0.0.1:8787}
# `npm start` leaves a key for development here.
KEY_FILE=$(dirname "$0")/../.dev.key
if [ -z "${KEY:-}" ] && [ ! -f "$KEY_FILE" ]; then
  echo "Run npm start first, which leaves a key, or set KEY and HUB." >&2
  exit 2
fi
KEY=${KEY:-$(cat "$KEY_FILE")}
user=${1:-ada}
# JSON escapes a quote and a backslash with a backslash.
title=$(printf %s "${2:-Build passed}" | sed 's/[\\"]/\\&/g')

echo "Publish to $user. The id makes it safe to repeat: after a lost answer, send the same again."
published=$(call "$HUB/v1/users/$user/notifications" \
  -d "{\"id\":\"build-$(date +%s)-$$\",\"notification\":{\"title\":\"$title\",\"url\":\"/builds/118\"}}")
printf '%s\n' "$published"

echo "The newest that is unread:"
call "$HUB/v1/users/$user/notifications?state=unread&limit=1"

echo "Mark everything up to it read:"
epoch=$(printf %s "$published" | sed 's/.*"epoch":"\([^"]*\)".*/\1/')
offset=$(printf %s "$published" | sed 's/.*"offset":\([0-9]*\).*/\1/')
call -X PATCH "$HUB/v1/users/$user/notifications" \
  -d "{\"epoch\":\"$epoch\",\"up_to\":$offset,\"read\":true}"
