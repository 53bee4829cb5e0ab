# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS build
WORKDIR /app
ENV PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
# What decides the installation comes first: a change of a source file installs nothing anew.
COPY package.json package-lock.json ./
COPY patches patches
COPY scripts/bootstrap.mjs scripts/bootstrap.mjs
RUN npm ci --no-audit --no-fund
COPY . .
RUN node scripts/build.ts
# The image has its own Node 24, the pinned one is for machines that have another; the compiler came as somebody's optional peer.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
  && rm -rf node_modules/node node_modules/.bin/node node_modules/node-bin-* node_modules/typescript node_modules/.cache

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production DATA_DIR=/data
# Volumes take their owner from here.
RUN install -d -o node -g node -m 700 /data /data/blobs /secrets/turn
COPY --from=build /app/package.json ./
# The relay needs its native module alone; with the others come their licences.
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist-relay dist-relay
COPY --from=build /app/dist dist
USER node
VOLUME /data
EXPOSE 8080/tcp 8081/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s --start-period=15s \
  CMD ["node", "-e", "fetch(`http://localhost:${process.env.PORT || 8080}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Arguments are the relay's own: docker compose run --rm relay --print-config
ENTRYPOINT ["node", "dist-relay/main.js"]
