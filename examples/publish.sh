#!/bin/sh
# What a backend does, with curl: publishes to a user, lists the inbox, marks it read.
#
#   sh examples/publish.sh [user] [title]
set -eu

HUB=${HUB:-http://127.0.0.1:8787}
# `npm start` leaves a key for development here.
KEY=${KEY:-$(cat "$(dirname "$0")/../.dev.key")}
user=${1:-ada}
title=${2:-Build passed}

echo "Publish to $user. The id makes it safe to repeat: after a lost answer, send the same again."
published=$(curl -sS "$HUB/v1/users/$user/notifications" -H "Authorization: Bearer $KEY" \
  -d "{\"id\":\"build-$(date +%s)-$$\",\"notification\":{\"title\":\"$title\",\"url\":\"/builds/118\"}}")
echo "$published"

echo "The newest that is unread:"
curl -sS "$HUB/v1/users/$user/notifications?state=unread&limit=1" -H "Authorization: Bearer $KEY"
echo

echo "Mark everything up to it read:"
epoch=$(echo "$published" | sed 's/.*"epoch":"\([^"]*\)".*/\1/')
offset=$(echo "$published" | sed 's/.*"offset":\([0-9]*\).*/\1/')
curl -sS -X PATCH "$HUB/v1/users/$user/notifications" -H "Authorization: Bearer $KEY" \
  -d "{\"epoch\":\"$epoch\",\"up_to\":$offset,\"read\":true}"
echo
