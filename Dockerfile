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

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production DATA_DIR=/data
# Volumes take their owner from here.
RUN install -d -o node -g node -m 700 /data /data/blobs /secrets/turn
COPY --from=build /app/package.json /app/LICENSE ./
# All else that the relay needs is in its bundle.
COPY --from=build /app/node_modules/node-datachannel node_modules/node-datachannel
COPY --from=build /app/node_modules/@node-datachannel node_modules/@node-datachannel
COPY --from=build /app/node_modules/detect-libc node_modules/detect-libc
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
